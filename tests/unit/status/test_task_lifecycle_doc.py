"""docs/task-lifecycle.md says what the fold does, and leaves nothing out."""

import re
from pathlib import Path

from services.status.fold import IgnoredReason
from services.status.merge_rules import MAX_HISTORY_PER_RANK
from services.status.transitions import CURRENT_STATUS, INITIAL, STEPS, SUCCESSORS, WAITING
from shared.events import TERMINAL, Task

TEXT = (Path(__file__).parents[3] / "docs" / "task-lifecycle.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[tuple[str, ...]]:
    """The cells of the table that begins with `heading`, without backticks."""
    table = TEXT[TEXT.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip().replace("`", "") for cell in row.strip("|").split("|")) for row in table]


def test_the_diagram_has_exactly_the_moves_of_the_table() -> None:
    drawn = set(re.findall(r"^    (\S+) --> (\S+)$", TEXT, re.MULTILINE))
    moves = {(old.value, new.value) for old, after in SUCCESSORS.items() for new in after}
    assert drawn == moves | {("[*]", INITIAL.value)} | {(status.value, "[*]") for status in TERMINAL}


def test_the_events_are_described_as_they_are_folded() -> None:
    told = [
        (
            data.routing_key,
            step.announces or "-",
            *(("-", "-") if step.rank is None else (step.label, str(step.rank + 1))),
        )
        for data, step in STEPS.items()
    ]
    assert sorted(rows("event")) == sorted(told)


def test_the_texts_that_people_read_are_the_ones_written() -> None:
    assert rows("status") == [(status.value, text) for status, text in CURRENT_STATUS.items()]
    assert f'"{WAITING}"' in TEXT


def test_every_field_of_a_task_is_described_once() -> None:
    described = [name for names, _ in rows("field") for name in names.split(", ")]
    assert sorted(described) == sorted(Task.model_fields)


def test_every_reason_for_ignoring_an_event_is_described() -> None:
    assert [reason for reason, _ in rows("reason")] == list(IgnoredReason)


def test_the_length_of_a_history_is_the_one_that_is_kept() -> None:
    assert f"keeps the first {MAX_HISTORY_PER_RANK}." in TEXT
