"""A cancel before every single step of a scan: it takes effect at once or comes too late, and the caller sees which."""

import pytest

from services.scanner.runs.model import OPEN_STATES, Policy
from tests.support.protocol.gates import Actor
from tests.support.protocol.world import World, a_world
from tests.support.servers import TestDatabase

COMPLETED = "scan.completed.v1"
CANCELLED = "scan.cancelled.v1"


async def go(world: World, steps: int) -> Actor | None:
    """So many steps into the scan; returns who is in the middle of it, or None if the scan has no more steps."""
    while world.queue:
        actor = world.deliver(world.queue[0])
        while await actor.at() is not None:
            if steps == 0:
                return actor
            await actor.step()
            steps -= 1
    return None


async def test_a_cancel_before_any_step_of_a_scan_ends_it_once_and_at_once(database: TestDatabase) -> None:
    kinds: list[str] = []
    async with a_world(database, Policy(lease_s=600, slots=1, window=1), watched=True) as world:
        interrupted: Actor | None = Actor("none yet")
        while interrupted is not None:
            world.request("t")
            interrupted = await go(world, steps=len(kinds))
            await world.handled(world.request_cancel("t"))
            assert (await world.runs.get("t"))["state"] not in OPEN_STATES
            if interrupted is not None:
                await interrupted.finish()
            await world.drain()
            ((kind, _),) = world.ends("t")
            kinds.append(kind)
            if kind == CANCELLED:
                result = (await world.runs.get("t"))["end"]["result"]
                assert result["partial"]
                assert result["scanned"] <= 4
            assert world.watcher.broken == []
            await world.forget()
    assert len(kinds) > 25
    late = kinds.index(COMPLETED)
    assert kinds == [CANCELLED] * late + [COMPLETED] * (len(kinds) - late)
    assert late > 15


@pytest.mark.parametrize("held", [1, 2])
async def test_who_holds_something_of_a_cancelled_scan_writes_nothing_more_of_it(
    held: int, database: TestDatabase
) -> None:
    """The plan, or the first slice."""
    async with a_world(database, Policy(lease_s=600, slots=1, window=1)) as world:
        await world.handled(world.request("t"))
        for _ in range(held - 1):
            await world.handled(world.queue[0])
        holder = await world.deliver(world.queue[0]).past("scan_runs.find_one_and_update")
        await world.handled(world.request_cancel("t"))
        before, said = await world.runs.get("t"), {event.id for event in world.events}
        await holder.finish()
        assert await world.runs.get("t") == before
        assert {event.id for event in world.events} == said
