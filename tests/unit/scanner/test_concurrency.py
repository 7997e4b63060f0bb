"""Working beside others, and alone."""

import asyncio

from services.scanner.jobs.concurrency import ConcurrencyLimit
from tests.support.waiting import patience


async def settled() -> None:
    """Every task has gone as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_wants_to_be_alone_waits_for_the_others_and_they_for_it() -> None:
    room, log, leave = ConcurrencyLimit(2), [], asyncio.Event()

    async def work(name: str, alone: bool) -> None:
        async with room.exclusive() if alone else room.shared():
            log.append(name)
            await leave.wait()

    first = asyncio.create_task(work("first", alone=False))
    await settled()
    others = [asyncio.create_task(work(name, alone=name != "second")) for name in ("alone", "alone too", "second")]
    await settled()
    assert log == ["first"]
    leave.set()
    await asyncio.gather(first, *others)
    assert sorted(log) == ["alone", "alone too", "first", "second"]


async def test_whoever_gives_up_waiting_takes_no_place_with_it() -> None:
    room = ConcurrencyLimit(2)
    async with room.shared():
        waiting = asyncio.create_task(room.exclusive().__aenter__())
        await settled()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with patience(), room.exclusive():
        pass
