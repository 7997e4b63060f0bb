"""What the benchmark sends are whole scans, which end as DONE when they are folded in the order of the queue."""

from collections import defaultdict

from bench.status.load import EVENTS_PER_SCAN, whole_scans
from services.status.fold import fold_events
from shared.events import decode


def test_every_scan_of_the_load_ends_done_and_none_waits_for_another_group() -> None:
    bodies = whole_scans("load", 5, active=2)
    assert len(bodies) == 5 * EVENTS_PER_SCAN
    by_task = defaultdict(list)
    for event in map(decode, bodies):
        by_task[event.data.task_id].append(event)
    assert list(by_task) == [f"load-{number}" for number in range(5)]
    for events in by_task.values():
        folded = fold_events(None, events)
        assert folded.document["status"] == "DONE"
        assert set(folded.ignored) == {None}
    assert [decode(body).data.task_id for body in bodies[:4]] == ["load-0", "load-1"] * 2
