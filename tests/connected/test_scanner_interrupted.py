"""Scans whose scanners are killed, stopped or cut off. Nothing is lost, nothing is found twice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from shared.messaging.dead_letters import REASON_HEADER
from shared.messaging.topology import COMMANDS_EXCHANGE, SLICE_COMMAND, SLICES
from tests.support.gate import Gate
from tests.support.halting import halted_before
from tests.support.mortal import mortal_scanner
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS

SIXTY = an_mbox([a_message(n, invoice=f"L-{n}" if n % 3 == 0 else None) for n in range(1, 61)])
INVOICES = 20


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def invoices(stage: Stage) -> list[dict[str, Any]]:
    """The records without what differs between two scans of the same mailbox."""
    fields = {"_id": 0, "task_id": 0, "account_id": 0, "found_at": 0, "_created_by": 0, "_version": 0, "_rank": 0}
    return await stage.db["invoices"].find({}, fields).sort("invoice_number", 1).to_list(None)


async def test_a_scan_whose_scanner_is_killed_is_finished_by_another_with_the_same_invoices(
    stage: Stage, tmp_path: Path
) -> None:
    """The other one waits for the end of the lease, by the clock."""
    account_id = await stage.account(SIXTY)
    async with mortal_scanner(stage, tmp_path / "log", halt_before=21, slice_messages=20, slice_lease_s=2):
        task_id = await stage.request(account_id)
        await stage.said.until_scanned(task_id, 20)
    assert "scan.completed.v1" not in stage.said.keys(task_id)
    async with stage.scanner(slice_messages=20):
        completed = await stage.said.until_key(task_id, "scan.completed.v1")
        after_the_kill = await invoices(stage)
        result = completed.data.result
        assert (result.messages, result.scanned, result.invoices, result.duplicates) == (60, 60, INVOICES, 0)
        assert result.totals == {"EUR": f"{INVOICES * 119}.00"}
        assert await stage.db["message_ledger"].count_documents({"task_id": task_id}) == 60

        await stage.db["invoices"].delete_many({})
        undisturbed = await stage.request(account_id, full=True)
        await stage.said.until_key(undisturbed, "scan.completed.v1")
    assert after_the_kill == await invoices(stage)
    assert len(after_the_kill) == INVOICES


async def test_several_scanners_share_one_scan_and_find_every_invoice_once(stage: Stage) -> None:
    account_id = await stage.account(SIXTY)
    async with stage.scanner(slice_messages=10), stage.scanner(slice_messages=10):
        with halted_before(1) as halt:
            task_id = await stage.request(account_id)

            async def both_are_at_it() -> bool:
                return len(await owners(stage, task_id)) == 2

            await stage.until_stored(both_are_at_it)
            halt.go_on.set()
        completed = await stage.said.until_key(task_id, "scan.completed.v1")
    result = completed.data.result
    assert (result.scanned, result.invoices, result.duplicates) == (60, INVOICES, 0)
    found = [event.data.id for event in stage.said.of(task_id) if event.routing_key == "invoice.found.v1"]
    assert len(found) == len(set(found)) == INVOICES
    assert len(await owners(stage, task_id)) == 2


async def owners(stage: Stage, task_id: str) -> set[str]:
    """Who holds or held slices of the scan."""
    run = await stage.db["scan_runs"].find_one({"_id": task_id}) or {}
    return {unit["owner"] for unit in run.get("slices", {}).values() if "owner" in unit}


async def test_rubbish_among_the_commands_is_set_aside_and_the_scan_goes_on(stage: Stage) -> None:
    account_id = await stage.account(an_mbox([a_message(1)]))
    async with await aio_pika.connect(stage.vhost.url("administrator")) as connection, stage.scanner():
        channel = await connection.channel()
        exchange = await channel.get_exchange(COMMANDS_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"no command"), routing_key=SLICE_COMMAND)
        task_id = await stage.request(account_id)
        await stage.said.until_key(task_id, "scan.completed.v1")
        dead = await (await channel.get_queue(f"{SLICES}.dead")).get(timeout=SECONDS)
    assert dead is not None
    assert dead.body == b"no command"
    assert str(dead.headers[REASON_HEADER]).startswith("not a command")


async def test_a_lost_connection_does_not_stop_the_work_that_is_under_way(stage: Stage) -> None:
    account_id, broker = await stage.account(SIXTY), Gate(stage.vhost.url("scanner"))
    with broker.serve() as url, halted_before(16) as halt:
        async with stage.scanner(slice_messages=15, amqp_url=url):
            task_id = await stage.request(account_id)
            await stage.said.until_scanned(task_id, 15)
            broker.shut()
            await broker.refused.wait()
            halt.go_on.set()
            broker.open()
            completed = await stage.said.until_key(task_id, "scan.completed.v1")
    assert (completed.data.result.scanned, completed.data.result.invoices) == (60, INVOICES)
    run = await stage.db["scan_runs"].find_one({"_id": task_id})
    assert run is not None
    assert [unit["token"] for unit in run["slices"].values()] == [1, 1, 1, 1]
