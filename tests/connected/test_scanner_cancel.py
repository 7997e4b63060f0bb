"""Scans that are cancelled while they wait, are planned or run, with and without a scanner that lives."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.scanner.sources.base import Source
from services.scanner.sources.factory import SourceFactory
from tests.support.halting import halted_before
from tests.support.mortal import mortal_scanner
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

SIXTY = an_mbox([a_message(n, invoice=f"L-{n}" if n % 3 == 0 else None) for n in range(1, 61)])
INVOICES = 20
SECOND_SLICE = 21
"""Its first message: slices have twenty here."""


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def test_a_cancel_stops_a_running_scan_and_keeps_what_it_found(stage: Stage) -> None:
    account_id = await stage.account(SIXTY)
    async with stage.scanner(slice_messages=20):
        with halted_before(SECOND_SLICE):
            task_id = await stage.request(account_id)
            await stage.said.until_scanned(task_id, 20)
            await stage.request_cancel(task_id)
            cancelled = await stage.said.until_key(task_id, "scan.cancelled.v1")
        again = await stage.request(account_id)
        completed = await stage.said.until_key(again, "scan.completed.v1")
    partial = cancelled.data.result
    assert partial.partial
    assert partial.scanned == 20
    assert "scan.completed.v1" not in stage.said.keys(task_id)
    result = completed.data.result
    assert result.scanned + result.skipped == 60
    assert await stage.db["invoices"].count_documents({}) == INVOICES


async def test_a_cancel_that_comes_before_its_request_ends_the_scan_before_it_begins(stage: Stage) -> None:
    account_id = await stage.account(SIXTY)
    async with stage.scanner():
        async with stage.db["scan_runs"].watch() as changes:
            await stage.request_cancel("announced")
            await changes.next()
        run = await stage.db["scan_runs"].find_one({"_id": "announced"})
        assert run is not None
        assert run["state"] == "announced"
        await stage.request(account_id, task_id="announced")
        cancelled = await stage.said.until_key("announced", "scan.cancelled.v1")
    assert cancelled.data.reason == "asked"
    assert stage.said.keys("announced") == ["scan.cancelled.v1"]


async def test_a_cancel_of_a_waiting_scan_ends_it_without_a_slot_and_the_running_one_goes_on(stage: Stage) -> None:
    async with stage.scanner(slice_messages=20, max_active_scans_per_user=1):
        with halted_before(SECOND_SLICE) as halt:
            running = await stage.request(await stage.account(SIXTY))
            await stage.said.until_scanned(running, 20)
            waiting = await stage.request(await stage.account(SIXTY))
            await stage.said.until_key(waiting, "scan.queued.v1")
            await stage.request_cancel(waiting)
            cancelled = await stage.said.until_key(waiting, "scan.cancelled.v1")
            halt.go_on.set()
        await stage.said.until_key(running, "scan.completed.v1")
    assert (cancelled.data.result.partial, cancelled.data.result.scanned) == (True, 0)


async def test_a_cancel_stops_a_mailbox_that_hangs_while_it_is_listed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_: SourceFactory, __: str) -> Source:
        hanging.set()
        try:
            return await asyncio.Future()
        finally:
            stopped.set()

    monkeypatch.setattr(SourceFactory, "open", hang)
    async with stage.scanner():
        task_id = await stage.request(await stage.account(SIXTY))
        await hanging.wait()
        await stage.request_cancel(task_id)
        await stage.said.until_key(task_id, "scan.cancelled.v1")
        await stopped.wait()


async def test_a_cancel_does_not_wait_for_the_lease_of_a_scanner_that_died(stage: Stage, tmp_path: Path) -> None:
    account_id = await stage.account(SIXTY)
    # Two slices: one is done, and the dead scanner has the lease of the other, so that nobody reads on.
    async with mortal_scanner(stage, tmp_path / "log", halt_before=31, slice_messages=30):
        task_id = await stage.request(account_id)
        await stage.said.until_scanned(task_id, 30)

        async def is_leased() -> bool:
            run = await stage.db["scan_runs"].find_one({"_id": task_id})
            return run is not None and {part["state"] for part in run["slices"].values()} == {"done", "leased"}

        await stage.until_stored(is_leased)
    await stage.request_cancel(task_id)
    async with stage.scanner(slice_messages=30):
        cancelled = await stage.said.until_key(task_id, "scan.cancelled.v1")
    assert cancelled.data.result.partial
    stored = await stage.db["invoices"].count_documents({"task_id": task_id})
    assert stored == cancelled.data.result.invoices == 10
