"""A scanner that dies just before any of its effects: whoever comes next ends the scan with the same result."""

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from shared.events import Event
from shared.messaging.topology import WORK_QUEUES
from tests.support.mortal import MortalScanner, mortal_scanner
from tests.support.observer import a_witness
from tests.support.run_documents import everything_is_due
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import eventually

MAILBOX = an_mbox([a_message(1, invoice="L-1"), a_message(2), a_message(3, invoice="L-3"), a_message(4, invoice="L-3")])
ONE_AT_A_TIME = {
    "slice_messages": 2,
    "slice_window": 1,
    "scanner_concurrency": 1,
    "scanner_units": 1,
}
COMPLETED = "scan.completed.v1"
UNTIMELY = (-signal.SIGKILL, -signal.SIGTERM)
"""Killed before an effect of its end, or asked to stop before it had begun."""
NEVER = 10_000
LANES = 3
"""Each lane kills before every third effect, so that lanes may run beside each other."""


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def outcome(stage: Stage, task_id: str) -> dict[str, Any]:
    """Everything that a scan leaves, without what differs between two scans of the same mailbox."""
    events = stage.said.of(task_id)
    (result,) = {
        event.id: event.data.result.model_dump() for event in events if event.routing_key == COMPLETED
    }.values()
    own = {"_id", "task_id", "account_id", "found_at", "scanned_at", "_created_by", "_version", "_rank"}
    return {
        "result": {name: value for name, value in result.items() if name != "duration_seconds"},
        "events": sorted(key for key, _ in {(e.routing_key, e.id) for e in events if _is_fact(e)}),
        "found": {event.data.id for event in events if event.routing_key == "invoice.found.v1"},
        "invoices": [
            {name: value for name, value in _of_any_account(line).items() if name not in own}
            async for line in stage.db["invoices"].find().sort("invoice_number", 1)
        ],
        "ledger": [
            {name: value for name, value in line.items() if name not in own}
            async for line in stage.db["message_ledger"].find({"task_id": task_id}).sort("uid", 1)
        ],
        "documents": await stage.db["documents.files"].distinct("_id"),
    }


def _of_any_account(invoice: dict[str, Any]) -> dict[str, Any]:
    """With the places of its carriers as they would be in any other account."""
    carriers = [
        {**carrier, "_places": [place.partition("/")[2] for place in carrier["_places"]]}
        for carrier in invoice["carriers"]
    ]
    return {**invoice, "carriers": carriers}


def _is_fact(event: Event[Any]) -> bool:
    """Progress and waiting may be told more or less often; everything else is told once."""
    return event.routing_key not in ("scan.progressed.v1", "scan.queued.v1")


async def nothing_is_held(stage: Stage, task_id: str) -> None:
    run = await stage.db["scan_runs"].find_one({"_id": task_id})
    assert run is not None
    assert (run["state"], run["left"]) == ("done", 0)
    assert not {"slot", "account_key"} & set(run)
    assert {unit["state"] for unit in (run["plan"], *run["slices"].values())} == {"done"}


async def scan(stage: Stage) -> str:
    """Asks for a scan of a mailbox that nothing is known of."""
    for name in ("invoices", "message_ledger", "documents.files", "documents.chunks"):
        await stage.db[name].delete_many({})
    return await stage.request(await stage.account(MAILBOX))


async def completed_or_dead(stage: Stage, task_id: str, scanner: MortalScanner) -> None:
    """Wait for either."""
    said = asyncio.create_task(stage.said.until_key(task_id, COMPLETED))
    dead = asyncio.create_task(scanner.death())
    await asyncio.wait([said, dead], return_when=asyncio.FIRST_COMPLETED)
    for task in (said, dead):
        task.cancel()
    await asyncio.gather(said, dead, return_exceptions=True)


async def undisturbed(stage: Stage, log: Path) -> tuple[dict[str, Any], int]:
    """What a scan leaves, and the number of effects that it takes from a scanner."""
    async with mortal_scanner(stage, log, **ONE_AT_A_TIME) as scanner:
        scanner.die_before(NEVER)
        task_id = await scan(stage)
        await stage.said.until_key(task_id, COMPLETED)
        assert await scanner.stop() == 0
        await nothing_is_held(stage, task_id)
        return await outcome(stage, task_id), NEVER - scanner.effects_left


@pytest.mark.parametrize("lane", range(LANES))
async def test_a_scanner_killed_before_any_effect_changes_nothing_of_the_result(
    lane: int, stage: Stage, tmp_path: Path
) -> None:
    log = tmp_path / "scanner.log"
    async with a_witness(stage) as witness:
        expected, effects = await undisturbed(stage, log)
        assert effects > 30, "the scanner's effects are no longer seen"
        interrupted = ""
        for effect in (*range(lane + 1, effects + 1, LANES), NEVER):
            if interrupted:
                await everything_is_due(stage.db["scan_runs"])
            async with mortal_scanner(stage, log, **ONE_AT_A_TIME) as scanner:
                if interrupted:
                    await stage.said.until_key(interrupted, COMPLETED)
                    await nothing_is_held(stage, interrupted)
                    assert await outcome(stage, interrupted) == expected
                scanner.die_before(effect)
                await witness.until_all_ended()
                interrupted = await scan(stage)
                await completed_or_dead(stage, interrupted, scanner)
                assert await scanner.stop() in (0, *UNTIMELY)
        await witness.until_all_ended()
        await eventually(partial(nothing_waits, stage))
    # What was told was so by then; what was told again was the same to the byte, and no number was given twice.
    assert witness.lies == []
    assert [forms for forms in witness.bodies.values() if len(forms) > 1] == []
    assert [ids for ids in witness.numbered.values() if len(ids) > 1] == []


async def test_the_numbers_of_an_undisturbed_scan_have_no_gap(stage: Stage, tmp_path: Path) -> None:
    async with a_witness(stage) as witness:
        await undisturbed(stage, tmp_path / "scanner.log")
        await witness.until_all_ended()
    (task_id,) = {task for task, _ in witness.numbered}
    numbers = witness.numbers(task_id)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 3, "started, progressed at least once, completed"


async def nothing_waits(stage: Stage) -> bool:
    """Nothing is left in the scanner's queues or among the dead letters, now that no scanner runs."""
    names = [name for queue in WORK_QUEUES if queue.name.startswith("scanner.") for name in (queue.name, queue.dead)]
    async with await aio_pika.connect(stage.vhost.url("administrator")) as connection:
        channel = await connection.channel()
        counts = [(await channel.declare_queue(name, passive=True)).declaration_result.message_count for name in names]
    return not any(counts)
