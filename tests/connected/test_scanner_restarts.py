"""Scanners that are told to stop, one alone and all in turn, while scans run."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from shared.events import Event
from tests.support.mortal import MortalScanner, mortal_scanner
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

SIXTY = [a_message(n, invoice=f"L-{n}" if n % 3 == 0 else None) for n in range(1, 61)]
INVOICES = 20
SCANS = 20
SCANNERS = 3


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def test_a_scanner_that_is_told_to_stop_hands_its_work_over_and_ends_well(stage: Stage, tmp_path: Path) -> None:
    account_id = await stage.account(an_mbox(SIXTY))
    async with mortal_scanner(stage, tmp_path / "log", halt_before=21, slice_messages=20) as scanner:
        task_id = await stage.request(account_id)
        await stage.said.until_scanned(task_id, 20)
        assert await scanner.stop() == 0
    run = await stage.db["scan_runs"].find_one({"_id": task_id})
    assert run is not None
    assert "leased" not in {unit["state"] for unit in run["slices"].values()}
    async with stage.scanner(slice_messages=20):
        completed = await stage.said.until_key(task_id, "scan.completed.v1")
    assert (completed.data.result.scanned, completed.data.result.invoices) == (60, INVOICES)


async def owners(stage: Stage) -> set[str]:
    """Everyone who holds or held a unit."""
    runs = stage.db["scan_runs"].find({}, {"plan.owner": 1, "slices": 1})
    units = [unit async for run in runs for unit in (run.get("plan", {}), *run.get("slices", {}).values())]
    return {unit["owner"] for unit in units if "owner" in unit}


def completed(stage: Stage) -> dict[str, Event[Any]]:
    """The scans that are done."""
    return {event.subject: event for event in stage.said.events if event.routing_key == "scan.completed.v1"}


async def complete(stage: Stage, number: int) -> None:
    """Wait until so many scans are done."""
    await stage.said.until(lambda: len(completed(stage)) >= number)


async def test_a_rolling_restart_of_all_scanners_costs_twenty_scans_no_attempt_and_no_lease(
    stage: Stage, tmp_path: Path
) -> None:
    """The lease is longer than the test may take: whatever a scanner kept for itself would never end.

    The scanners that are to be stopped get no further than the first half of each mailbox.
    """
    mailbox = an_mbox(SIXTY[:6])
    settings = {"slice_messages": 3, "max_active_scans_per_user": SCANS}
    async with AsyncExitStack() as running:

        async def start(name: str, halt_before: int | None = None) -> MortalScanner:
            scanner = mortal_scanner(stage, tmp_path / name, halt_before=halt_before, **settings)
            return await running.enter_async_context(scanner)

        scanners = [await start(f"old-{number}.log", halt_before=4) for number in range(SCANNERS)]
        async with stage.db["scan_runs"].watch() as changes:
            tasks = [await stage.request(await stage.account(mailbox)) for _ in range(SCANS)]
            while len(await owners(stage)) < SCANNERS:
                await changes.next()
        before = await owners(stage)
        for number, scanner in enumerate(scanners):
            await start(f"new-{number}.log")
            assert await scanner.stop() == 0
        for number in range(1, SCANS + 1):
            await complete(stage, number)
    scanned = {task_id: event.data.result.scanned for task_id, event in completed(stage).items()}
    assert scanned == dict.fromkeys(tasks, 6)
    assert await owners(stage) - before, "all was done before anybody was stopped"
    async for run in stage.db["scan_runs"].find():
        assert run["state"] == "done"
        for unit in (run["plan"], *run["slices"].values()):
            assert (unit["state"], unit["tries"], unit.get("faults", 0)) == ("done", 1, 0)
