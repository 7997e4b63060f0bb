"""What is folded from the stream is what the service stores, although the two may see events in another order."""

from contextlib import closing
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.status.fold import apply
from services.status.joins import TaskDocument
from services.status.scratch import Scratch
from shared.events import Event
from tests.property.expected import ENDS, expected_task
from tests.property.histories import TASK, batches
from tests.property.test_fold import canonical, first_end


def stored_after(parts: list[list[Event[Any]]]) -> TaskDocument:
    """What the service stores, batch by batch."""
    task = apply(None, parts[0]).document
    for part in parts[1:]:
        task = apply(task, part).document
    return task


@settings(max_examples=300)
@given(batches(), st.randoms(use_true_random=False))
def test_the_document_is_the_stated_one_with_the_end_that_the_stored_one_took(
    parts: list[list[Event[Any]]], shuffled: Random
) -> None:
    stored = stored_after(parts)
    arrived = [event for part in parts for event in part]
    streamed = arrived.copy()
    shuffled.shuffle(streamed)
    with closing(Scratch()) as scratch:
        for start in range(0, len(streamed), 3):
            scratch.add(streamed[start : start + 3])
        assert list(scratch.ids()) == [TASK]
        rebuilt = scratch.task(TASK, stored)
        lost = scratch.task(TASK, None)
    known = (stored.get("_ended_by"), stored.get("completed_at"))
    ends = [event for event in arrived if isinstance(event.data, ENDS) and (event.id, event.time) == known]
    stated = [expected_task(arrived, end) for end in ends] or [expected_task(arrived, None)]
    assert canonical(rebuilt) in map(canonical, stated)
    assert canonical(lost) == canonical(expected_task(arrived, first_end(streamed)))
