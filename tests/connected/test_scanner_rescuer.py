"""What crashes and lost messages leave behind, put right by the rescuer of any scanner."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.scanner.main import build
from services.scanner.runs.model import PLAN
from services.scanner.slices import Slice
from shared.events import ScanRequested, utc_now
from shared.supervision import Supervisor
from tests.support.run_documents import RunDocuments, run_documents
from tests.support.scanning import UIDVALIDITY, USER, Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import eventually

TEN = an_mbox([a_message(n, invoice=f"L-{n}" if n == 3 else None) for n in range(1, 11)])


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


@pytest.fixture
async def runs(database: TestDatabase) -> AsyncIterator[RunDocuments]:
    async with run_documents(database.url("scanner"), database.name) as documents:
        yield documents


async def let_in(stage: Stage, runs: RunDocuments, task_id: str) -> None:
    account_id = await stage.account(TEN)
    request = ScanRequested(
        task_id=task_id, user_id=USER, account_id=account_id, scan_type="all", requested_at=utc_now()
    )
    assert await runs.admission.insert_waiting(request)


async def planning(stage: Stage, runs: RunDocuments, task_id: str) -> None:
    await let_in(stage, runs, task_id)
    assert (await runs.admission.start_in_slot(task_id))[0] is not None


async def completes(stage: Stage, task_id: str) -> None:
    completed = await stage.said.until_key(task_id, "scan.completed.v1")
    assert (completed.data.result.scanned, completed.data.result.invoices) == (10, 1)


async def test_a_run_that_was_never_started_is_started(stage: Stage, runs: RunDocuments) -> None:
    await let_in(stage, runs, "t")
    async with stage.scanner():
        await completes(stage, "t")


async def test_a_run_whose_plan_command_is_lost_is_planned(stage: Stage, runs: RunDocuments) -> None:
    await planning(stage, runs, "t")
    await runs.make_due("t", "plan.nudge_at")
    async with stage.scanner():
        await completes(stage, "t")


async def test_a_run_whose_planner_died_is_planned_when_its_lease_is_over(stage: Stage, runs: RunDocuments) -> None:
    await planning(stage, runs, "t")
    await runs.let_lease_run_out(await runs.claimed("t", PLAN))
    await runs.make_due("t", "plan.nudge_at")
    async with stage.scanner():
        await completes(stage, "t")


async def test_a_plan_that_was_stored_but_never_told_is_told_and_its_slices_are_worked_on(
    stage: Stage, runs: RunDocuments
) -> None:
    await planning(stage, runs, "t")
    claim = await runs.claimed("t", PLAN)
    everything = Slice("", UIDVALIDITY, 0, [(1, 10)], 10)
    assert await runs.completion.complete_plan(claim, [everything], messages=10, skipped=0, estimated_s=1) is not None
    await runs.make_due("t", "plan.nudge_at")
    async with stage.scanner():
        await completes(stage, "t")
    assert stage.said.keys("t")[0] == "scan.started.v1"


async def test_an_end_that_was_written_but_never_told_is_told(stage: Stage, runs: RunDocuments) -> None:
    await planning(stage, runs, "t")
    await let_in(stage, runs, "next")
    await runs.admission.cancel("t", "asked", {})
    await runs.make_due("t", "look_at")
    async with stage.scanner(max_active_scans_per_user=1):
        assert (await stage.said.until_key("t", "scan.cancelled.v1")).data.reason == "asked"
        await completes(stage, "next")


@pytest.mark.parametrize("task", [{"status": "PENDING", "cancel_requested_at": utc_now()}, {"status": "FAILURE"}])
async def test_a_run_whose_task_says_otherwise_is_cancelled(
    stage: Stage, runs: RunDocuments, task: dict[str, object]
) -> None:
    await planning(stage, runs, "t")
    await stage.db["scanning_tasks"].insert_one({"_id": "t", **task})
    await runs.make_due("t", "updated_at")
    async with stage.scanner():
        await stage.said.until_key("t", "scan.cancelled.v1")
    assert (await runs.get("t"))["state"] == "cancelled"


async def test_a_scanner_is_ready_when_it_takes_work(stage: Stage) -> None:
    app = build(stage.settings(), Supervisor())
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        assert (await client.get("/livez")).status_code == 200
        task_id = await stage.request(await stage.account(TEN))
        await stage.said.until_key(task_id, "scan.completed.v1")

        async def is_ready() -> bool:
            checks = (await client.get("/readyz")).json()["checks"]
            assert checks.keys() == {"broker", "database", "consumers", "tasks"}
            return all(checks.values())  # each check has a second, which a busy machine may need

        await eventually(is_ready)
        metrics = (await client.get("/metrics")).text
    assert 'mailtally_messages_scanned_total{outcome="invoice",source="upload"} 1.0' in metrics
    assert 'mailtally_invoices_found_total{format="ubl"} 1.0' in metrics
