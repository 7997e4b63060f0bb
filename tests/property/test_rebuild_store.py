"""What is folded from the stream is what the service stores, although the two may see events in another order."""

from contextlib import closing
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.status.fold import fold_events
from services.status.merge_rules import TaskDocument
from services.status.rebuild.store import RebuildStore
from shared.events import Event
from tests.support.expected_tasks import ENDS, canonical, expected_task, first_end
from tests.support.histories import arrivals, by_task, mixed_events


def stored_after(arrived: list[Event[Any]]) -> TaskDocument:
    """What the service stores, event by event."""
    task = fold_events(None, arrived[:1]).document
    for event in arrived[1:]:
        task = fold_events(task, [event]).document
    return task


@settings(max_examples=200)
@given(arrivals(mixed_events, most=12), st.randoms(use_true_random=False))
def test_the_documents_are_the_stated_ones_with_the_ends_that_the_stored_ones_took(
    arrived: list[Event[Any]], chance: Random
) -> None:
    tasks = by_task(arrived)
    stored = {task_id: stored_after(events) for task_id, events in tasks.items()}
    streamed = chance.sample(arrived, len(arrived))
    with closing(RebuildStore()) as scratch:
        for start in range(0, len(streamed), 5):
            scratch.add(streamed[start : start + 5])
        assert list(scratch.ids()) == sorted(tasks)
        rebuilt = {task_id: scratch.task(task_id, stored[task_id]) for task_id in tasks}
        lost = {task_id: scratch.task(task_id, None) for task_id in tasks}
    for task_id, events in tasks.items():
        known = (stored[task_id].get("_ended_by"), stored[task_id].get("completed_at"))
        ends = [event for event in events if isinstance(event.data, ENDS) and (event.id, event.time) == known]
        stated = [expected_task(events, end) for end in ends] or [expected_task(events, None)]
        assert canonical(rebuilt[task_id]) in map(canonical, stated)
        end = first_end([event for event in streamed if event.data.task_id == task_id])
        assert canonical(lost[task_id]) == canonical(expected_task(events, end))
