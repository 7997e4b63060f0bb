"""docs/task-lifecycle.md shows the table that the fold uses, and no other."""

import re
from pathlib import Path

from services.status.transitions import CURRENT_STATUS, INITIAL, STEPS, SUCCESSORS
from shared.events import TERMINAL

TEXT = (Path(__file__).parents[3] / "docs" / "task-lifecycle.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[tuple[str, ...]]:
    """The cells of the table that begins with `heading`, without backticks."""
    table = TEXT[TEXT.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip(" `") for cell in row.strip("|").split("|")) for row in table]


def test_the_diagram_has_exactly_the_moves_of_the_table() -> None:
    drawn = set(re.findall(r"^    (\S+) --> (\S+)$", TEXT, re.MULTILINE))
    moves = {(old.value, new.value) for old, after in SUCCESSORS.items() for new in after}
    assert drawn == moves | {("[*]", INITIAL.value)} | {(status.value, "[*]") for status in TERMINAL}


def test_the_events_are_described_as_they_are_folded() -> None:
    told = [
        (data.routing_key, step.announces or "-", step.label if step.rank is not None else "-")
        for data, step in STEPS.items()
    ]
    assert sorted(rows("event")) == sorted(told)


def test_the_texts_that_people_read_are_the_ones_written() -> None:
    assert rows("status") == [(status.value, text) for status, text in CURRENT_STATUS.items()]


def test_nothing_leaves_a_terminal_status() -> None:
    assert {status for status, after in SUCCESSORS.items() if not after} == TERMINAL
