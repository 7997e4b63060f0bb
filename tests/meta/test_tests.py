"""Rules about tests: what makes them red for the wrong reason is found by reading them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = [path for path in sorted((ROOT / "tests").rglob("*.py")) if "containers" not in path.parts]
MAY_WAIT = {
    "tests/support/waiting.py",
    "tests/support/scripted_mail.py",  # a server that drips is slow by what it is
}
MAY_LIMIT = {"tests/conftest.py"}
DRAWING = {"choice", "choices", "sample", "shuffle", "randint", "random", "randrange", "randbytes", "uniform", "gauss"}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every import, call and attribute of a file."""
    wanted = (ast.Import, ast.ImportFrom, ast.Call, ast.Attribute)
    return tuple(node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, wanted))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written; empty for what is no such name."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Modules, and names that may be modules."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Calls with the full name of what is called, as far as imports tell."""
    known = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in nodes(path):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            yield node, known.get(name, name)


def marked(path: Path) -> Iterator[int]:
    """Lines with `mark.timeout`."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and node.attr == "timeout" and dotted(node.value).endswith("mark"):
            yield node.lineno


def is_number(node: ast.expr | None) -> bool:
    """Written down there, and not 0, which is no wait."""
    if isinstance(node, ast.BinOp):
        return is_number(node.left) and is_number(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value != 0


def limits_of(node: ast.Call, name: str) -> Iterator[ast.expr]:
    """The seconds that a call may take."""
    yield from (keyword.value for keyword in node.keywords if keyword.arg == "timeout")
    if name == "asyncio.timeout":
        yield from node.args
    elif name == "asyncio.wait_for":
        yield from node.args[1:2]


def is_sleep(node: ast.Call, name: str) -> bool:
    """Other than `sleep(0)`, which lets others run."""
    pause = next(iter(node.args), None)
    return name in {"time.sleep", "asyncio.sleep"} and not (isinstance(pause, ast.Constant) and pause.value == 0)


def written(path: Path, node: ast.Call) -> str:
    return f"{place(path)}:{node.lineno} {ast.unparse(node)[:100]}"


def test_no_test_module_is_imported_and_support_knows_no_rung() -> None:
    wrong = []
    for path in TESTS:
        for line, name in imports(path):
            if not name.startswith("tests."):
                continue
            if any(word.startswith("test_") for word in name.split(".")[1:3]):
                wrong.append(f"{place(path)}:{line} imports the test module {name}: share it by tests/support")
            elif place(path).startswith("tests/support/") and not name.startswith("tests.support"):
                wrong.append(f"{place(path)}:{line} imports {name}: tests/support stands below all other folders")
    assert not wrong, "\n".join(wrong)


def test_waiting_has_one_patience() -> None:
    """No test brings limits of its own: they are what a busy machine breaks."""
    wrong = []
    for path in TESTS:
        if place(path) in MAY_LIMIT:
            continue
        for node, name in calls(path):
            if any(is_number(limit) for limit in limits_of(node, name)):
                wrong.append(f"{written(path, node)} has a limit of its own: take SECONDS or patience()")
            if is_sleep(node, name) and place(path) not in MAY_WAIT:
                wrong.append(f"{written(path, node)} hopes: wait for a signal, or with eventually()")
        wrong += [f"{place(path)}:{line} marks a time-out: one limit holds for all tests" for line in marked(path)]
    assert not wrong, "\n".join(wrong)


def test_every_random_choice_can_be_made_again() -> None:
    wrong = [
        f"{written(path, node)} cannot be repeated: use the fixture `chance`"
        for path in TESTS
        for node, name in calls(path)
        if name.startswith("random.")
        and (name.removeprefix("random.") in DRAWING or (name == "random.Random" and not node.args))
    ]
    assert not wrong, "\n".join(wrong)
