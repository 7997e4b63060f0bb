"""Rules about tests: what makes them red for the wrong reason is found by reading them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = [path for path in (ROOT / "tests").rglob("*.py") if "containers" not in path.parts]
NAMES = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in TESTS}
WAITING = "tests.support.waiting"


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_test_module_is_imported_and_support_knows_no_rung() -> None:
    found = [(NAMES[path], name) for path in TESTS for name in imports(path)]
    tests = [pair for pair in found if ".test_" in pair[1]]
    rungs = [pair for pair in found if pair[0].startswith("tests.support") and re.match(r"tests\.(?!support)", pair[1])]
    assert tests + rungs == []


def test_waiting_has_one_patience() -> None:
    """No test brings limits of its own: they are what a busy machine breaks."""
    own = re.compile(
        r"mark\.timeout|asyncio\.timeout\(\d|wait_for\([^\n]*, \d|timeout=\d|time\.sleep\(|asyncio\.sleep\((?!0\))"
    )
    wrong = {
        NAMES[path]: found
        for path in TESTS
        if NAMES[path] not in (WAITING, __name__, "tests.conftest") and (found := own.findall(path.read_text()))
    }
    assert wrong == {}


def test_every_random_choice_can_be_made_again() -> None:
    unseeded = re.compile(r"(?<![\w.])random\.(?:choice|choices|sample|shuffle|randint|random|randrange|uniform)\(")
    assert {NAMES[path]: found for path in TESTS if (found := unseeded.findall(path.read_text()))} == {}
