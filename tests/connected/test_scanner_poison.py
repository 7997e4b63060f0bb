"""A message that kills every scanner that reads it, among others that do not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.mortal import mortal_scanner
from tests.support.run_documents import everything_is_due
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

THIRTY = [a_message(n, invoice=f"L-{n}" if n % 10 == 0 else None) for n in range(1, 31)]
DEADLY = 17
MOST_DEATHS = 14


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def test_a_message_that_kills_its_scanners_is_left_out_with_its_reason_and_the_scan_is_done(
    stage: Stage, tmp_path: Path
) -> None:
    task_id = await stage.request(await stage.account(an_mbox(THIRTY)))
    completed = asyncio.create_task(stage.said.until_key(task_id, "scan.completed.v1"))
    deaths = 0
    while not completed.done():
        async with mortal_scanner(stage, tmp_path / "log", {DEADLY}, slice_messages=30) as scanner:
            dead = asyncio.create_task(scanner.death())
            await asyncio.wait([dead, completed], return_when=asyncio.FIRST_COMPLETED)
            deaths += dead.done()
            dead.cancel()
        assert deaths <= MOST_DEATHS
        await everything_is_due(stage.db["scan_runs"])
    result = (await completed).data.result
    assert (result.messages, result.scanned, result.failed, result.invoices) == (30, 30, 1, 3)
    lines = stage.db["message_ledger"].find({"task_id": task_id, "outcome": "failed"})
    assert [(line["uid"], line["reason"]) async for line in lines] == [(DEADLY, "stopped_scanner")]
    assert await stage.db["message_ledger"].count_documents({"task_id": task_id}) == 30
