"""Relay to the mail server with the delay of the internet: bytes are passed on after half a round
trip, in both directions.

On the loopback interface a response costs nothing, and neither does asking for one message at a
time. Mail servers are 10 to 100 ms away.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CHUNK = 64 * 1024


@asynccontextmanager
async def link(port: int, *, round_trip_s: float) -> AsyncIterator[int]:
    """Run the relay; gives the port at which the server is that far away."""
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (inside a task)
        running.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(
                _hand_on(reader, far_writer, round_trip_s / 2), _hand_on(far_reader, writer, round_trip_s / 2)
            )
        except (OSError, asyncio.CancelledError):
            writer.close()
        finally:
            running.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    """Pass bytes on late, but not slowly: the next bytes are read while these are delayed."""
    clock = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def take() -> None:
        while data := await reader.read(_CHUNK):
            under_way.put_nowait((clock.time() + delay_s, data))
        under_way.put_nowait((clock.time() + delay_s, b""))

    taking = asyncio.create_task(take())
    try:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(max(0.0, due - clock.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
    finally:
        taking.cancel()
        writer.close()
