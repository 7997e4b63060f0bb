"""Deleting an account, through HTTP, on a real database and broker: gone at once, finished later, whatever dies."""

import asyncio
import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest

from services.api.accounts.deletion import AccountDeletion
from services.api.accounts.upload.gridfs_writer import GridFSWriter
from services.api.scans.cancel import ScanCanceller
from services.api.scans.request_repository import ScanRequestRepository
from services.api.scans.task_reader import TaskReader
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.messaging.topology import ACCOUNT_DELETED, SCAN_CANCEL_REQUESTED
from shared.mongo import Database
from tests.support.gate import Gate
from tests.support.mail_accounts import SOURCE
from tests.support.mortal_api import a_mortal_api
from tests.support.queues import published
from tests.support.running_api import MBOX, UNHURRIED, RunningApi, a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS, eventually, patience

AT_ONCE = dt.timedelta(0)


async def finish(vhost: Vhost, database: Database) -> None:
    """What the background step of an api does."""
    broker = publishing_broker(vhost.url("api"), service="api")
    await start_when_reachable(broker)
    publisher, tasks = Publisher(broker, confirm_s=SECONDS), TaskReader(database)
    cancels = ScanCanceller(requests=ScanRequestRepository(database), tasks=tasks, publisher=publisher)
    await AccountDeletion(database, canceller=cancels, publisher=publisher).finish_left(AT_ONCE)
    await broker.stop()


async def nothing_is_left(database: Database) -> bool:
    names = ("email_accounts", "uploads.files", "uploads.chunks")
    return not any([await database[name].count_documents({}) for name in names])


async def test_a_deleted_account_is_gone_with_its_upload_and_the_scanners_are_told(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    path = f"/v1/accounts/{account_id}"
    task = (await anna.post(f"{path}/scans")).json()
    await api.database["scanning_tasks"].insert_one(a_task(task, status="PROGRESS"))
    assert (await api.client("bob").delete(path)).status_code == 404
    assert (await anna.delete(path)).status_code == 204
    for answer in (await anna.get(path), await anna.delete(path), await anna.post(f"{path}/scans")):
        assert answer.status_code == 404
    assert (await anna.get("/v1/accounts")).json() == {"items": []}
    assert await nothing_is_left(api.database)
    (deleted,) = await published(channel, ACCOUNT_DELETED)
    assert (deleted.data.account_id, deleted.data.user_id) == (account_id, "anna")
    (cancelled,) = await published(channel, SCAN_CANCEL_REQUESTED)
    assert (cancelled.data.task_id, cancelled.data.reason) == (task["task_id"], "the account was deleted")


async def test_a_marked_account_is_there_for_nobody_and_has_no_secret(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop_here(*_: Any) -> None:
        raise asyncio.CancelledError

    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})
    path = created.headers["location"]
    monkeypatch.setattr(AccountDeletion, "_finish", stop_here)
    with pytest.raises(httpx.HTTPError):
        (await anna.delete(path)).raise_for_status()
    (account,) = await api.database["email_accounts"].find().to_list(None)
    assert account["source"] == {"kind": "imap", "secret_at": account["created_at"]}
    changes: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"label": "x"}),
        ("POST", "/check", None),
        ("POST", "/scans", None),
        ("PUT", "/mailbox", None),
    ]
    for method, below, body in changes:
        assert (await anna.request(method, f"{path}{below}", json=body)).status_code == 404
    assert (await anna.get("/v1/accounts")).json() == {"items": []}


async def test_without_a_broker_nothing_is_done(vhost: Vhost, database: TestDatabase) -> None:
    gate = Gate(vhost.url("api"))
    with gate.serve() as url:
        async with running_api(vhost, database, amqp_url=url) as api:
            anna = api.client("anna")
            path = f"/v1/accounts/{await add_mailbox(anna)}"
            before = (await anna.get(path)).json()
            gate.shut()
            async with patience():
                await gate.refused.wait()
            answer = await anna.delete(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
            assert (await anna.get(path)).json() == before
            gate.open()

            async def is_deleted() -> bool:
                return (await anna.delete(path)).status_code == 204

            await eventually(is_deleted)
            assert await nothing_is_left(api.database)


async def test_a_broker_that_freezes_after_the_mark_leaves_the_account_gone_and_the_rest_to_be_finished(
    vhost: Vhost, database: TestDatabase, channel: aio_pika.abc.AbstractChannel
) -> None:
    gate = Gate(vhost.url("api"))
    soon = dataclasses.replace(UNHURRIED, confirm_s=0.3)
    with gate.serve() as url:
        async with running_api(vhost, database, amqp_url=url, deadlines=soon) as api:
            anna = api.client("anna")
            path = f"/v1/accounts/{await add_mailbox(anna)}"
            gate.stall()
            answer = await anna.delete(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "deletion_under_way")
            assert (await anna.get(path)).status_code == 404
            gate.open()

            async def is_finished() -> bool:
                return (await anna.delete(path)).status_code != 503

            await eventually(is_finished)
            assert await nothing_is_left(api.database)
    assert len(await published(channel, ACCOUNT_DELETED)) >= 1


async def test_an_upload_on_its_way_is_left_to_remove_itself(api: RunningApi, vhost: Vhost) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    owner = {"user_id": "anna", "account_id": account_id}
    sending = GridFSWriter(api.database, "uploads", "sending", filename="m", metadata=owner)
    await sending.begin()
    await sending.write(MBOX)
    assert (await anna.delete(f"/v1/accounts/{account_id}")).status_code == 204
    assert (await anna.get(f"/v1/accounts/{account_id}")).status_code == 404
    assert await api.database["uploads.files"].distinct("_id") == ["sending"]
    await sending.finish()
    await finish(vhost, api.database)
    assert await nothing_is_left(api.database)


async def test_an_api_killed_before_any_effect_of_a_deletion_leaves_it_to_be_finished(
    api: RunningApi, vhost: Vhost, database: TestDatabase, channel: aio_pika.abc.AbstractChannel, tmp_path: Path
) -> None:
    anna = api.client("anna")
    outcomes = []
    for effect in range(1, 11):
        account_id = await add_mailbox(anna)
        (await anna.post(f"/v1/accounts/{account_id}/scans")).raise_for_status()
        async with a_mortal_api(vhost, database, tmp_path, user_id="anna") as mortal:
            status = await mortal.status_before(effect, "DELETE", f"/v1/accounts/{account_id}")
        outcomes.append(status)
        if status == 204:
            break
        there = (await anna.get(f"/v1/accounts/{account_id}")).status_code
        marked = await api.database["email_accounts"].find_one({"_id": account_id, "deleted_at": {"$exists": True}})
        assert there == (404 if marked or not await exists(api, account_id) else 200)
        if there == 200 or (marked and effect % 2):
            assert (await anna.delete(f"/v1/accounts/{account_id}")).status_code == 204
        else:
            await finish(vhost, api.database)
        assert await nothing_is_left(api.database)
        assert account_id in {event.data.account_id for event in await published(channel, ACCOUNT_DELETED)}
    assert outcomes[:5] == [0] * 5, "the effects of the api are no longer seen"
    assert outcomes[-1] == 204


async def exists(api: RunningApi, account_id: str) -> bool:
    return await api.database["email_accounts"].find_one({"_id": account_id}) is not None
