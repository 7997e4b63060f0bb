"""The write path through the real database: replicas at once, and every document as it is stated."""

import random
from itertools import permutations
from typing import Any

import pytest

from services.status.outcome import Batch
from services.status.repository import TaskRepository
from tests.support.events import Scan
from tests.support.expected_tasks import canonical, expected_task
from tests.support.histories import by_task
from tests.support.lifecycles import ENDINGS, ending, life, lived, public, second, statuses
from tests.support.replicas import accounted, decoded, refused, replicas


async def test_two_writers_that_hold_the_same_events_in_other_orders_agree(database: Any) -> None:
    scans = [Scan(f"task-{n}") for n in range(30)]

    def share(seed: int) -> list[Batch]:
        events = [event for scan in scans for event in scan.whole()]
        random.Random(seed).shuffle(events)  # noqa: S311 (any order will do)
        return [by_task(events[start : start + 25]) for start in range(0, len(events), 25)]

    async with replicas(database) as both:
        outcomes = await both.write(share(1), share(2))
        tasks = await both.stored()
    assert len(tasks) == 30
    for scan in scans:
        whole = scan.whole()
        assert canonical(tasks[scan.task_id]) == canonical(expected_task(whole, whole[-1]))
    assert accounted(outcomes) == 600, "every event of both is accounted for"
    assert refused(outcomes) == []


@pytest.mark.parametrize("status", ENDINGS)
async def test_every_order_of_a_scans_events_is_stored_as_the_same_task(status: str, database: Any) -> None:
    """Each order is a task of its own; while one replica writes an event of it, the other writes one from the back."""
    orders = {}
    for number, order in enumerate(permutations(range(6))):
        scan = Scan(f"task-{number}")
        events = life(scan, status)
        orders[scan] = [events[place] for place in order]
    forward = [by_task(events[step] for events in orders.values()) for step in range(6)]
    async with replicas(database) as both:
        outcomes = await both.write(forward, forward[::-1])
        tasks = await both.stored()
    assert accounted(outcomes) == 2 * 6 * 720
    for scan in orders:
        assert public(decoded(tasks[scan.task_id])) == lived(scan, status)
        assert 1 <= tasks[scan.task_id]["version"] <= 12


async def test_a_wish_to_cancel_is_noted_whenever_it_happens_and_arrives(database: Any) -> None:
    tasks = {}
    for number, (status, happens, heard) in enumerate((s, m, n) for s in ENDINGS for m in range(7) for n in range(7)):
        scan = Scan(f"task-{number}")
        going = [scan.requested(), scan.queued(), scan.started(), scan.progressed(3, 40), scan.progressed(4, 60)]
        events = [*going, ending(scan, status)]
        moment = happens - 0.5
        tasks[scan.task_id] = ([*events[:heard], scan.cancel_requested(second=moment), *events[heard:]], moment)
    async with replicas(database) as both:
        await both.write([by_task(events[step] for events, _ in tasks.values()) for step in range(7)])
        stored = await both.stored()
    for task_id, (events, moment) in tasks.items():
        end = next(event for event in events if event.sequence.endswith("20"))
        assert canonical(stored[task_id]) == canonical(expected_task(events, end))
        assert decoded(stored[task_id])["cancel_requested_at"] == second(moment)
        assert statuses(stored[task_id]["history"])[3] == "CANCEL_REQUESTED"


async def test_the_indexes_of_the_collection_are_made(database: Any) -> None:
    async with replicas(database) as both:
        await TaskRepository(both.database).create_indexes()
        keys = [list(index["key"]) for index in (await both.tasks.index_information()).values()]
    names = [[name for name, _ in key] for key in keys]
    assert names == [
        ["_id"],
        ["user_id", "created_at", "_id"],
        ["user_id", "status"],
        ["status"],
        ["account_id", "status"],
        ["updated_at"],
        ["status", "cancel_requested_at"],
    ]
