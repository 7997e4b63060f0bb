"""Fan-out of task changes: newest per task, bounded, to the right clients."""

import asyncio

import pytest

from services.api.live import MAX_PENDING, Hub, Lagging
from services.api.task_stream import follow
from shared.events import Task, TaskStatus
from tests.support.builders import AT


def a_task(version: int, task_id: str = "t1", user_id: str = "anna", status: TaskStatus = TaskStatus.PROGRESS) -> Task:
    return Task(
        task_id=task_id, user_id=user_id, status=status, progress=version, created_at=AT, updated_at=AT, version=version
    )


async def test_a_slow_client_gets_the_newest_state_of_each_task_once() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        for version in range(1, 50):
            hub.publish(a_task(version))
            hub.publish(a_task(version, task_id="t2"))
        assert [(task.task_id, task.version) for task in await subscription.take(0)] == [("t1", 49), ("t2", 49)]
        assert await subscription.take(0) == []


async def test_old_and_repeated_changes_are_left_out() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        for version in (3, 2, 3, 1):
            hub.publish(a_task(version))
        assert [task.version for task in await subscription.take(0)] == [3]
        hub.publish(a_task(3))
        assert await subscription.take(0) == []


async def test_a_change_goes_to_its_user_and_task_only() -> None:
    hub = Hub()
    with (
        hub.subscription("anna", "t1") as one,
        hub.subscription("anna") as everything,
        hub.subscription("eve") as other,
    ):
        hub.publish(a_task(1))
        hub.publish(a_task(1, task_id="t2"))
        assert [task.task_id for task in await one.take(0)] == ["t1"]
        assert [task.task_id for task in await everything.take(0)] == ["t1", "t2"]
        assert await other.take(0) == []


async def test_a_client_that_takes_nothing_is_let_go_before_it_costs_memory() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        for n in range(MAX_PENDING + 1):
            hub.publish(a_task(1, task_id=str(n)))
        with pytest.raises(Lagging):
            await subscription.take(0)


async def test_taking_waits_for_the_next_change() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        taking = asyncio.create_task(subscription.take(30))
        await asyncio.sleep(0)
        hub.publish(a_task(1))
        assert [task.version for task in await taking] == [1]


async def test_a_change_between_following_and_reading_is_not_lost() -> None:
    hub = Hub()

    async def read() -> list[Task]:
        hub.publish(a_task(2))
        return [a_task(1)]

    stream = follow(hub, read, user_id="anna", task_id="t1", seen_version=None, until=4e9)
    assert (await anext(aiter(stream))).id == "2"


async def test_a_stream_ends_after_the_terminal_event_and_leaves_nothing_in_the_hub() -> None:
    hub = Hub()

    async def read() -> list[Task]:
        return [a_task(1, status=TaskStatus.DONE)]

    stream = follow(hub, read, user_id="anna", task_id="t1", seen_version=None, until=4e9)
    assert [event.id async for event in stream] == ["1"]
    assert hub.followers == 0


async def test_a_stream_ends_with_its_token() -> None:
    async def read() -> list[Task]:
        return [a_task(1)]

    stream = follow(Hub(), read, user_id="anna", task_id="t1", seen_version=None, until=0.0)
    assert [event async for event in stream] == []
