"""The end of the stream is found also where the broker takes its time."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from shared.messaging import event_log
from shared.messaging.event_log import EventLog


def a_record(offset: int) -> Any:
    properties = SimpleNamespace(headers={"x-stream-offset": offset})
    header = SimpleNamespace(properties=properties)
    return SimpleNamespace(header=header, delivery_tag=offset + 1, body=b"%d" % offset)


class SlowChannel:
    """Delivers the stream when the test lets it."""

    is_closed = False

    def __init__(self, may_deliver: asyncio.Event) -> None:
        self._may_deliver = may_deliver
        self._delivering: list[asyncio.Task[None]] = []

    async def basic_qos(self, **_: Any) -> None:
        """Of no interest."""

    async def basic_ack(self, *_: Any, **__: Any) -> None:
        """Of no interest."""

    async def basic_consume(self, _: str, receive: Any, **__: Any) -> None:
        async def deliver() -> None:
            await self._may_deliver.wait()
            for offset in range(3):
                await receive(a_record(offset))

        self._delivering.append(asyncio.create_task(deliver()))

    async def close(self) -> None:
        await asyncio.gather(*self._delivering)


async def test_a_broker_that_is_slow_to_begin_keeps_nothing_from_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "_LAST_CHUNK_SECONDS", 0)
    may_deliver = asyncio.Event()

    async def channel() -> SlowChannel:
        return SlowChannel(may_deliver)

    log = EventLog(SimpleNamespace(channel=channel))  # type: ignore[arg-type]  # as much of one as is used
    loop = asyncio.get_running_loop()
    loop.call_later(0.01, may_deliver.set)
    assert [body async for bodies in log.read_new() for body in bodies] == [b"0", b"1", b"2"]


async def test_a_stream_of_which_nothing_comes_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "_FIRST_EVENT_SECONDS", 0.01)
    may_deliver = asyncio.Event()

    class SilentChannel(SlowChannel):
        async def basic_consume(self, _: str, receive: Any, **__: Any) -> None:
            """Nothing comes."""

    async def channel() -> SlowChannel:
        return SilentChannel(may_deliver)

    log = EventLog(SimpleNamespace(channel=channel))  # type: ignore[arg-type]  # as much of one as is used
    assert [bodies async for bodies in log.read_new()] == []
