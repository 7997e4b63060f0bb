"""Rules about the pages in Markdown: they are shown as they were meant."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for top in ("docs", "deploy", "samples") for page in (ROOT / top).rglob("*.md"))]
)

DELIMITERS = re.compile(r"\|(\s*:?-+:?\s*\|)+\s*")
CELL_BORDER = re.compile(r"(?<!\\)\|")


def blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Consecutive lines that are shown as rows, and the number of the first; examples in fences are left out."""
    block: list[str] = []
    is_fenced = False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        is_fenced ^= line.lstrip().startswith("```")
        if line.lstrip().startswith("|") and not is_fenced:
            block.append(line.strip())
        elif block:
            # A line of text right below a table is shown as one more row.
            yield number - len(block), [*block, line.strip()] if line.strip() else block
            block = []


def faults(text: str) -> list[str]:
    """What keeps rows from being shown as rows: a table needs its head, and ends with the first line that is no row."""
    found = []
    for first, rows in blocks(text):
        if len(rows) < 2 or not DELIMITERS.fullmatch(rows[1]):
            found.append(f"line {first}: rows without a head")
            continue
        cells = [len(CELL_BORDER.findall(row)) for row in rows]
        found += [f"line {first + at}: {max(n - 1, 0)} cells" for at, n in enumerate(cells) if n != cells[0]]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_row_belongs_to_a_table_and_has_its_columns(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


PATHS = re.compile(r"`((?:tests|services|shared|cli|tools|deploy|bench|samples|docs)/[^\s`#]*)")


def expanded(path: str) -> Iterator[str]:
    """As a shell does it: one path for each word in braces."""
    braces = re.search(r"\{([^{}]*)\}", path)
    if braces is None:
        yield path
        return
    for word in braces[1].split(","):
        yield from expanded(path[: braces.start()] + word + path[braces.end() :])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_folder_that_is_named_is_there(page: Path) -> None:
    named = {path for found in PATHS.findall(page.read_text(encoding="utf-8")) for path in expanded(found.rstrip("/"))}
    assert [path for path in sorted(named) if not any(ROOT.glob(path))] == []


HEAD = "| a | b |\n|---|:-:|\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "| 1 | 2 |\n", []),
        (HEAD + "| `x\\|y` | 2 |\n\n```\n| no row\n```\n", []),
        (HEAD + "| 1 | 2 |\n\n| 3 | 4 |\n", ["line 5: rows without a head"]),
        (HEAD + "| 1 | 2 |\n| 3 |\n", ["line 4: 1 cells"]),
        (HEAD + "| 1 | 2 |\nThese are numbers.\n", ["line 4: 0 cells"]),
        ("text\n\n| 1 | 2 |\n| 3 | 4 |\n", ["line 3: rows without a head"]),
    ],
)
def test_a_row_that_a_table_has_lost_is_told(text: str, said: list[str]) -> None:
    assert faults(text) == said
