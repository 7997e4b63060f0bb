"""What breaks without each condition of the protocol, replayed against the code that has them all.

The protocol was explored state by state, and so were sixteen variants that lack one condition each. For each of them
the shortest way into trouble is gone here, step by step, with the real steps on the real database.

N1 no token in the holder's filter:
    test_a_planner_that_wakes_after_its_lease_writes_nothing_and_says_nothing
N2 count the active runs, then start:
    test_two_handlers_that_both_see_a_free_slot_start_one_run
N3 look whether the account is busy, then insert:
    test_two_handlers_that_both_see_a_free_account_let_one_run_in
N4 tell the end before it is written:
    test_a_cancel_just_before_the_end_is_written_wins_and_nobody_hears_of_another_end
N5 last slice and end in two writes:
    test_a_scanner_killed_after_the_last_slice_has_ended_the_run
N6 the slot is freed after the event:
    test_a_scanner_killed_after_the_last_slice_has_freed_the_slot
N7 no rescuer, one kill:
    test_a_killed_holders_unit_is_taken_up_when_its_lease_is_over,
    test_a_copy_without_the_redelivered_flag_costs_time_only
N8 no rescuer, a lost channel and a kill:
    test_a_handler_that_dies_after_the_copy_of_its_message_was_acked_leaves_a_run_that_goes_on
N9 no rescuer, two runs:
    test_a_run_started_by_the_handler_of_another_is_not_lost_with_it
N10 requeue what is leased:
    test_a_doubled_command_is_acked_at_once_and_says_nothing
N11 only reported failures are tries:
    test_a_message_that_kills_every_scanner_is_left_out_and_no_other
N12 the rescuer sends whatever nobody holds:
    test_sweeps_do_not_double_a_command_that_waits_in_a_long_queue
N13 a cancel of an unknown run is acked:
    test_a_cancel_that_comes_first_is_remembered
N14 sequence number from a read:
    test_two_slices_that_tell_their_progress_at_once_take_two_numbers
N15 the document is deleted, a late request:
    test_a_request_that_comes_after_its_run_was_deleted_starts_nothing
N16 no mark, no look at the target:
    test_a_doubled_command_of_a_done_slice_starts_no_second_chain

The invariants I1 to I10 are checked by test_protocol_invariants.py.
"""

import math
from collections.abc import AsyncIterator

import pytest

from services.scanner.runs.model import PLAN, Policy, Unit
from tests.support.protocol.gates import ACK
from tests.support.protocol.mailbox import OPEN
from tests.support.protocol.watching import units_of
from tests.support.protocol.world import World, a_world
from tests.support.run_documents import time_passes
from tests.support.servers import TestDatabase

COMPLETED = "scan.completed.v1"
CANCELLED = "scan.cancelled.v1"


@pytest.fixture
async def world(database: TestDatabase) -> AsyncIterator[World]:
    """Two slices of two messages, one of them released at a time; one active scan for each user."""
    async with a_world(database, Policy(lease_s=30, slots=1, window=1)) as ready:
        yield ready


async def planned(world: World, task_id: str = "t") -> None:
    """The run is planned, and its first command waits."""
    await world.handled(world.request(task_id))
    await world.handled(world.command(PLAN))


async def last_slice_left(world: World) -> None:
    """Only the second slice is left, and its command waits."""
    await planned(world)
    await world.handled(world.command(Unit(0)))


async def test_a_planner_that_wakes_after_its_lease_writes_nothing_and_says_nothing(world: World) -> None:
    await world.handled(world.request("t"))
    sleeper = await world.deliver(world.command(PLAN)).until(OPEN)
    await world.time_passes()
    await world.sweep().finish()
    second = await world.deliver(world.command(PLAN)).until(OPEN)
    before, said = await world.runs.get("t"), len(world.events)
    await sleeper.finish()
    assert await world.runs.get("t") == before
    assert (len(world.events), world.queue) == (said, [])
    await second.finish()
    await world.drain()
    assert world.told("t") == ["scan.started.v1", COMPLETED]


async def test_two_handlers_that_both_see_a_free_slot_start_one_run(world: World) -> None:
    handlers = [await world.deliver(world.request(t)).past("scan_runs.insert_one") for t in ("a", "b")]
    for handler in handlers:
        await handler.until("scan_runs.find_one_and_update")
    for handler in handlers:
        await handler.finish()
    assert sorted((await world.states()).values()) == ["planning", "waiting"]
    await world.drain()
    assert set((await world.states()).values()) == {"done"}


async def test_two_handlers_that_both_see_a_free_account_let_one_run_in(world: World) -> None:
    handlers = [await world.deliver(world.request(t, account_id="a")).until("scan_runs.insert_one") for t in ("a", "b")]
    for handler in handlers:
        await handler.finish()
    assert await world.states() == {"a": "planning", "b": "cancelled"}
    assert world.told("b") == [CANCELLED]
    await world.drain()
    assert world.told("a")[-1] == COMPLETED


async def test_a_cancel_just_before_the_end_is_written_wins_and_nobody_hears_of_another_end(world: World) -> None:
    await last_slice_left(world)
    holder = await world.deliver(world.command(Unit(1))).past("message_ledger.bulk_write")
    await holder.past("scan_runs.find_one")
    assert await holder.at() == "scan_runs.find_one_and_update"
    await world.handled(world.request_cancel("t"))
    await holder.finish()
    await world.drain()
    assert {key for key, _ in world.ends("t")} == {CANCELLED}
    assert await world.states() == {"t": "cancelled"}


async def test_a_scanner_killed_after_the_last_slice_has_ended_the_run(world: World) -> None:
    await last_slice_left(world)
    message = world.command(Unit(1))
    holder = await world.deliver(message).until(COMPLETED)
    assert await world.states() == {"t": "done"}
    await holder.kill()
    await world.handled(world.redeliver(message))
    assert world.told("t")[-1] == COMPLETED


async def test_a_scanner_killed_after_the_last_slice_has_freed_the_slot(world: World) -> None:
    await last_slice_left(world)
    await world.handled(world.request("next"))
    holder = await world.deliver(world.command(Unit(1))).past(COMPLETED)
    await holder.kill()
    assert not {"slot", "account_key"} & set(await world.runs.get("t"))
    await world.time_passes()
    await world.sweep().finish()
    assert (await world.states())["next"] == "planning"
    await world.drain()
    assert set((await world.states()).values()) == {"done"}


async def test_a_killed_holders_unit_is_taken_up_when_its_lease_is_over(world: World) -> None:
    await planned(world)
    message = world.command(Unit(0))
    await (await world.deliver(message).until(OPEN)).kill()
    await world.handled(world.redeliver(message))
    await world.sweep().finish()
    assert world.queue == []
    await world.drain()
    assert await world.states() == {"t": "done"}


async def test_a_copy_without_the_redelivered_flag_costs_time_only(world: World) -> None:
    await world.handled(world.request("t"))
    message = world.command(PLAN)
    await (await world.deliver(message).until("scan.started.v1")).kill()
    await world.handled(world.redeliver(message, flagged=False))
    assert world.told("t") == [], "a copy may do the next unit, but tells nothing in the place of another"
    await world.drain()
    assert world.told("t") == ["scan.started.v1", COMPLETED]


async def test_a_handler_that_dies_after_the_copy_of_its_message_was_acked_leaves_a_run_that_goes_on(
    world: World,
) -> None:
    message = world.request("t")
    handler = await world.deliver(message).until("command plan")
    await world.handled(world.redeliver(message, flagged=False))
    await handler.kill()
    assert world.queue == []
    await world.drain()
    assert await world.states() == {"t": "done"}


async def test_a_run_started_by_the_handler_of_another_is_not_lost_with_it(world: World) -> None:
    older, younger = world.request("older"), world.request("younger")
    await (await world.deliver(older).past("scan_runs.insert_one")).kill()
    handler = await world.deliver(younger).until("command plan")
    assert await world.states() == {"older": "planning", "younger": "waiting"}
    await handler.kill()
    for message in (younger, older):
        await world.handled(world.redeliver(message, flagged=False))
    assert world.queue == []
    await world.drain()
    assert set((await world.states()).values()) == {"done"}


async def test_a_doubled_command_is_acked_at_once_and_says_nothing(world: World) -> None:
    await planned(world)
    message = world.command(Unit(0))
    copy = world.redeliver(message)
    holder = await world.deliver(message).until(OPEN)
    before, commands = units_of(await world.runs.get("t")), len(world.commands)
    doubled = await world.deliver(copy).until(ACK)
    assert (units_of(await world.runs.get("t")), len(world.commands)) == (before, commands)
    await doubled.finish()
    await holder.finish()


async def test_a_message_that_kills_every_scanner_is_left_out_and_no_other(database: TestDatabase) -> None:
    policy = Policy(lease_s=600, window=1, max_tries=4, verdict_tries=3)
    async with a_world(database, policy, messages=40, slice_messages=20) as world:
        world.mailbox.deadly = frozenset({13})
        await world.handled(world.request("t"))
        await world.drain()
        run = await world.runs.get("t")
        lines = world.runs.database["message_ledger"].find({"reason": "stopped_scanner"})
        assert [line["uid"] async for line in lines] == [13]
        result = run["end"]["result"]
        assert (run["state"], result["scanned"], result["messages"]) == ("done", 40, 40)
        tokens = [unit["token"] for unit in run["slices"].values()]
        assert sum(tokens) - len(tokens) <= policy.max_tries + policy.verdict_tries + 3


async def test_sweeps_do_not_double_a_command_that_waits_in_a_long_queue(world: World) -> None:
    await planned(world)
    leases = 32
    for _ in range(leases):
        await time_passes(world.runs.collection, world.runs.policy.lease_s)
        await world.sweep().finish()
        await world.sweep().finish()
    assert len(world.queue) <= 2 + math.log2(leases)
    await world.drain()
    assert await world.states() == {"t": "done"}


async def test_a_cancel_that_comes_first_is_remembered(world: World) -> None:
    await world.handled(world.request_cancel("t"))
    await world.handled(world.request("t"))
    assert world.told("t") == [CANCELLED]
    assert world.queue == []


async def test_two_slices_that_tell_their_progress_at_once_take_two_numbers(database: TestDatabase) -> None:
    async with a_world(database, Policy(lease_s=600, window=2)) as world:
        await planned(world)
        holders = [await world.deliver(world.command(Unit(n))).past("message_ledger.bulk_write") for n in (0, 1)]
        for holder in holders:
            await holder.until("scan_runs.find_one_and_update")
        for holder in holders:
            await holder.finish()
        numbers = [event.sequence for event in world.events]
        assert len(set(numbers)) == len(numbers)


async def test_a_request_that_comes_after_its_run_was_deleted_starts_nothing(world: World) -> None:
    request = world.request("t")
    await world.handled(request)
    await world.handled(world.request_cancel("t"))
    await world.drain()
    await world.runs.collection.delete_one({"_id": "t"})
    await world.handled(world.redeliver(request))
    assert await world.states() == {}
    assert world.queue == []


async def test_a_doubled_command_of_a_done_slice_starts_no_second_chain(database: TestDatabase) -> None:
    async with a_world(database, Policy(lease_s=600, window=1), messages=12) as world:
        await planned(world)
        while (await world.states())["t"] == "running":
            message = world.queue[0]
            await world.handled(message)
            await world.handled(world.redeliver(message, flagged=False))
        assert [command.unit.slice_number for command in world.commands] == [None, 0, 1, 2, 3, 4, 5]
