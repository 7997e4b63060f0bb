"""The transition tables of docs/scan-runs.md and the code agree: every row has its step, every step its row."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCANNER = ROOT / "services" / "scanner"
DOCUMENT = (ROOT / "docs" / "scan-runs.md").read_text(encoding="utf-8")
WRITES = {"find_one_and_update", "insert_one", "update_many", "update_one"}


def rows() -> list[tuple[str, str]]:
    """Name and code of every row of a table whose last column is `code`."""
    found, in_table = [], False
    for line in DOCUMENT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "row":
            in_table = cells[-1] == "code"
        elif not line.startswith("|"):
            in_table = False
        elif in_table and not cells[0].startswith("-"):
            found.append((cells[0].strip("`"), cells[-1].strip("`")))
    return found


def classes(package: str) -> Iterator[ast.ClassDef]:
    for path in sorted((SCANNER / package).glob("*.py")):
        yield from (node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef))


def methods(owner: ast.ClassDef) -> dict[str, ast.AsyncFunctionDef | ast.FunctionDef]:
    return {node.name: node for node in owner.body if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}


def called(method: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(method) if isinstance(node, ast.Call))
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}


def steps(owner: ast.ClassDef) -> set[str]:
    """The public methods of a class that write, directly or through its private methods."""
    own = methods(owner)
    writing = {name for name, method in own.items() if called(method) & WRITES}
    while more := {name for name, method in own.items() if called(method) & writing & own.keys()} - writing:
        writing |= more
    return {f"{owner.name}.{name}" for name in writing if not name.startswith("_")}


STEPS = {step for owner in classes("runs") for step in steps(owner)}


def test_the_tables_are_found() -> None:
    assert len(rows()) > 25
    assert len(STEPS) > 20


def test_every_row_has_a_name_of_its_own() -> None:
    names = [name for name, _ in rows()]
    assert sorted(names) == sorted(set(names))


def test_every_row_names_a_method_that_exists() -> None:
    known = {
        f"{owner.name}.{name}" for package in ("jobs", "runs") for owner in classes(package) for name in methods(owner)
    }
    assert [code for _, code in rows() if code not in known] == []


def test_every_write_of_a_run_stands_in_exactly_one_row() -> None:
    assert sorted(code for _, code in rows() if code in STEPS) == sorted(STEPS)


@pytest.mark.parametrize("owner", [owner for owner in classes("runs") if steps(owner)], ids=lambda owner: owner.name)
def test_a_class_of_steps_names_its_rows(owner: ast.ClassDef) -> None:
    docstring = " ".join((ast.get_docstring(owner) or "").split())
    listed = re.search(r"Rows of docs/scan-runs\.md: ((?:`[a-z ]+`(?:, )?)+)\.", docstring)
    assert listed is not None
    assert sorted(re.findall(r"`([a-z ]+)`", listed[1])) == sorted(n for n, code in rows() if code in steps(owner))


def test_every_section_and_row_that_a_docstring_cites_is_there() -> None:
    known = {name for name, _ in rows()} | set(re.findall(r"^#+ (.+)$", DOCUMENT, re.MULTILINE))
    cited = {
        cited
        for path in SCANNER.rglob("*.py")
        for cited in re.findall(r'docs/scan-runs\.md \("([^"]+)"\)', " ".join(path.read_text(encoding="utf-8").split()))
    }
    assert cited
    assert cited <= known


def test_a_row_that_the_text_names_is_there() -> None:
    text = " ".join(DOCUMENT.split())
    assert set(re.findall(r"the row `([^`]+)`", text)) <= {name for name, _ in rows()}
