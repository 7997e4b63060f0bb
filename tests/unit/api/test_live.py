"""Fan-out of task changes: newest per task, bounded, to the right clients."""

import asyncio
from collections.abc import Iterable

import pytest
from prometheus_client import Gauge
from starlette.types import Message

from services.api.live.hub import MAX_PENDING, PING, PING_GROUPS, Hub, SubscriberLaggingError, Subscription
from services.api.live.sse_response import EventStream
from shared.events import Task, TaskStatus
from shared.serving import CONNECTION_KEY
from tests.support.builders import AT


def a_task(version: int, task_id: str = "t1", user_id: str = "anna", status: TaskStatus = TaskStatus.PROGRESS) -> Task:
    return Task(
        task_id=task_id, user_id=user_id, status=status, progress=version, created_at=AT, updated_at=AT, version=version
    )


async def taken(subscription: Subscription) -> list[tuple[str, int]]:
    """What there is to send now."""
    subscription.ping()
    return [(frame.task_id, frame.version) for frame in await subscription.take()]


async def test_a_slow_client_gets_the_newest_state_of_each_task_once() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        for version in range(1, 50):
            hub.publish(a_task(version))
            hub.publish(a_task(version, task_id="t2"))
        assert await taken(subscription) == [("t1", 49), ("t2", 49)]
        assert await taken(subscription) == []


async def test_old_and_repeated_changes_are_left_out() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        for version in (3, 2, 3, 1):
            hub.publish(a_task(version))
        assert await taken(subscription) == [("t1", 3)]
        hub.publish(a_task(3))
        assert await taken(subscription) == []


async def test_a_change_goes_to_its_user_and_task_only() -> None:
    hub = Hub()
    with (
        hub.subscription("anna", "t1") as one,
        hub.subscription("anna") as everything,
        hub.subscription("eve") as other,
    ):
        hub.publish(a_task(1))
        hub.publish(a_task(1, task_id="t2"))
        assert await taken(one) == [("t1", 1)]
        assert await taken(everything) == [("t1", 1), ("t2", 1)]
        assert await taken(other) == []


async def test_a_client_that_takes_nothing_is_let_go_before_it_costs_memory() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        for n in range(MAX_PENDING + 1):
            hub.publish(a_task(1, task_id=str(n)))
        with pytest.raises(SubscriberLaggingError):
            await subscription.take()


async def test_taking_waits_for_the_next_change() -> None:
    hub = Hub()
    with hub.subscription("anna") as subscription:
        taking = asyncio.create_task(subscription.take())
        await asyncio.sleep(0)
        hub.publish(a_task(1))
        assert [frame.version for frame in await taking] == [1]


async def test_every_stream_is_pinged_once_in_a_round_of_beats() -> None:
    hub = Hub()
    with hub.subscription("anna") as one, hub.subscription("bruno") as other:
        for group in range(PING_GROUPS):
            hub.ping_group(group)
        assert [await one.take(), await other.take()] == [[], []]


class Client:
    """What one client of a stream receives."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self._arrived = asyncio.Event()
        self._gone = asyncio.Event()
        self.ended = False

    async def send(self, message: Message) -> None:
        self.received += [message["body"]] if message.get("body") else []
        self.ended = message["type"] == "http.response.body" and not message.get("more_body")
        self._arrived.set()

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def leave(self) -> None:
        self._gone.set()

    async def until(self, text: bytes) -> None:
        while not any(text in piece for piece in self.received):
            self._arrived.clear()
            await self._arrived.wait()

    def ids(self) -> list[str]:
        lines = b"".join(self.received).decode().splitlines()
        return [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]


def a_stream(hub: Hub, tasks: Iterable[Task] = (), task_id: str | None = "t1", until: float = 4e9) -> EventStream:
    async def read() -> Iterable[Task]:
        return tasks

    clients = Gauge("clients", "Open streams", registry=None)
    return EventStream(hub, read, clients, user_id="anna", task_id=task_id, until=until)


class Connection:
    """A connection that takes what it is given, or has its buffer full."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return False


async def test_a_change_is_written_to_the_connection_where_it_is_published_as_one_chunk() -> None:
    hub, client, connection = Hub(), Client(), Connection()
    serving = asyncio.create_task(a_stream(hub)({CONNECTION_KEY: connection}, client.receive, client.send))
    await client.until(b"retry: ")
    hub.publish(a_task(1))
    (chunk,) = connection.written
    size, _, rest = chunk.partition(b"\r\n")
    assert (int(size, 16), rest[-2:]) == (len(rest) - 2, b"\r\n")
    assert rest.startswith(b"id: 1\nevent: task\ndata: {")
    hub.publish(a_task(2, status=TaskStatus.DONE))
    assert len(connection.written) == 2
    await serving
    assert (client.ids(), client.ended) == ([], True)


async def test_what_a_full_connection_does_not_take_waits_for_it_and_nothing_overtakes_it() -> None:
    hub, client, connection = Hub(), Client(), Connection()
    serving = asyncio.create_task(a_stream(hub)({CONNECTION_KEY: connection}, client.receive, client.send))
    await client.until(b"retry: ")
    connection.waiting = 1
    hub.publish(a_task(1))
    connection.waiting = 0
    hub.publish(a_task(2))
    assert connection.written == []
    await client.until(b"id: 2")
    hub.publish(a_task(3, status=TaskStatus.DONE))
    assert len(connection.written) == 1
    await serving
    assert client.ids() == ["2"]


async def test_a_change_between_following_and_reading_is_not_lost() -> None:
    hub, client = Hub(), Client()

    async def read() -> Iterable[Task]:
        hub.publish(a_task(2, status=TaskStatus.DONE))
        return [a_task(1)]

    clients = Gauge("clients", "Open streams", registry=None)
    await EventStream(hub, read, clients, user_id="anna", task_id="t1", until=4e9)({}, client.receive, client.send)
    assert client.ids() == ["2"]


async def test_a_stream_ends_after_the_terminal_event_and_leaves_nothing_in_the_hub() -> None:
    hub, client = Hub(), Client()
    await a_stream(hub, [a_task(1, status=TaskStatus.DONE)])({}, client.receive, client.send)
    assert (client.ids(), client.ended, hub.subscriptions) == (["1"], True, [])


async def test_a_stream_ends_with_its_credential() -> None:
    client = Client()
    await a_stream(Hub(), [a_task(1)], until=0.0)({}, client.receive, client.send)
    assert (client.ids(), client.ended) == ([], True)


async def test_a_stream_that_is_still_says_so_and_ends_when_its_client_goes() -> None:
    hub, client = Hub(), Client()
    serving = asyncio.create_task(a_stream(hub, task_id=None)({}, client.receive, client.send))
    await client.until(b"retry: ")
    for group in range(PING_GROUPS):
        hub.ping_group(group)
    await client.until(PING)
    client.leave()
    await serving
    assert hub.subscriptions == []


async def test_a_stop_of_the_process_ends_every_stream_in_good_form() -> None:
    hub, client = Hub(), Client()
    serving = asyncio.create_task(a_stream(hub, task_id=None)({}, client.receive, client.send))
    await client.until(b"retry: ")
    hub.close()
    await serving
    assert client.ended
