"""What goes wrong on the way and passes, or does not: faults of the mailbox, bugs, and a database that was away."""

from collections.abc import AsyncIterator

import aio_pika
import pytest
from pymongo.errors import AutoReconnect

from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.retry_policy import Wait
from services.scanner.runs.model import PLAN, Policy
from services.scanner.sources.base import AccountBusyError, Scope, Source, ThrottledError
from services.scanner.sources.factory import SourceFactory
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.messaging.topology import RETRY_SECONDS, SLICES, retry_queue
from shared.mongo import Document
from tests.support.run_documents import a_request, run_documents
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS

FIVE = an_mbox([a_message(n) for n in range(1, 6)])


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


class Faulty:
    """Opens mailboxes, the first times with an error."""

    def __init__(self, error: Exception, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error = error
        self.left = times
        self._open = SourceFactory.open
        monkeypatch.setattr(SourceFactory, "open", lambda accounts, scope: self.open(accounts, scope))

    async def open(self, accounts: SourceFactory, scope: Scope) -> Source:
        if self.left:
            self.left -= 1
            raise self.error
        return await self._open(accounts, scope)


async def plan_of(stage: Stage, task_id: str) -> Document:
    run = await stage.db["scan_runs"].find_one({"_id": task_id})
    assert run is not None
    plan: Document = run["plan"]
    return plan


async def scanned(stage: Stage) -> str:
    """The task of a scan that completes. Its lease is so long that nobody waits for its end."""
    account_id = await stage.account(FIVE)
    async with stage.scanner():
        task_id = await stage.request(account_id)
        completed = await stage.said.until_key(task_id, "scan.completed.v1")
    assert completed.data.result.scanned == 5
    return task_id


@pytest.mark.parametrize("fault", [ConnectionResetError(), ThrottledError(0.5)])
async def test_a_fault_of_the_mailbox_is_tried_again_after_a_while(
    fault: OSError, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Faulty(fault, 1, monkeypatch)
    plan = await plan_of(stage, await scanned(stage))
    assert (plan["token"], plan["tries"], plan["faults"]) == (2, 1, 1)


@pytest.mark.parametrize("away", [AutoReconnect("away"), AccountBusyError()])
async def test_a_database_that_was_away_or_a_busy_account_costs_no_attempt(
    away: Exception, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Faulty(away, 1, monkeypatch)
    plan = await plan_of(stage, await scanned(stage))
    assert (plan["token"], plan["tries"], plan.get("faults", 0)) == (2, 1, 0)


async def test_a_bug_costs_a_try(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    Faulty(KeyError("bug"), 1, monkeypatch)
    plan = await plan_of(stage, await scanned(stage))
    assert (plan["token"], plan["tries"]) == (2, 2)


@pytest.mark.parametrize(
    ("error", "field", "used", "code"),
    [
        (ConnectionResetError(), "faults", Policy().max_faults - 1, "mailbox_unavailable"),
        (KeyError("bug"), "tries", Policy().max_tries - 1, "slice_crashed"),
    ],
)
async def test_what_does_not_pass_ends_the_scan_with_a_code_and_a_sentence(
    error: Exception, field: str, used: int, code: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Faulty(error, 9, monkeypatch)
    account_id = await stage.account(FIVE)
    async with run_documents(stage.test_database.url("scanner"), stage.test_database.name) as runs:
        await runs.admission.insert_waiting(a_request("t", account_id=account_id))
        await runs.admission.start_in_slot("t")
        await runs.collection.update_one({"_id": "t"}, {"$set": {f"plan.{field}": used}})
        await runs.make_due("t", "plan.nudge_at")
    async with stage.scanner():
        failed = await stage.said.until_key("t", "scan.failed.v1")
    assert failed.data.error_code == code
    assert failed.data.error.endswith(".")
    assert faulty.left == 8


async def test_a_command_waits_in_its_delay_queue_and_no_longer_than_it_asked_for(stage: Stage) -> None:
    broker = publishing_broker(stage.vhost.url("scanner"), service="scanner")
    await start_when_reachable(broker)
    longest = RETRY_SECONDS[-1]
    try:
        await Commands(Publisher(broker)).send_later(Command("t", PLAN), Wait(longest, 0.2))
    finally:
        await broker.stop()
    async with await aio_pika.connect(stage.vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).get_queue(SLICES)
        async with queue.iterator(timeout=SECONDS) as messages:
            message = await anext(messages)
            await message.ack()
    assert Command.from_bytes(message.body) == Command("t", PLAN)
    assert message.headers["x-first-death-queue"] == retry_queue(SLICES, longest)
    assert message.headers["x-first-death-reason"] == "expired"
