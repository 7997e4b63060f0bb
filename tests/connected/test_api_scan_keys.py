"""Idempotency keys of scans, and ends of many scans at once, through HTTP on a real database and broker."""

import asyncio
import dataclasses
import datetime as dt

import aio_pika

from shared.events import utc_now
from shared.messaging.topology import SCAN_CANCEL_REQUESTED, SCAN_REQUESTED
from tests.support.queues import published
from tests.support.running_api import UNHURRIED, RunningApi, a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import eventually


async def test_an_idempotency_key_gives_the_same_answer_for_ever_and_refuses_another_body(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
    key = {"Idempotency-Key": '"5d41402a"'}
    answers = await asyncio.gather(*(anna.post(path, headers=key, json={"months": 2}) for _ in range(8)))
    first = answers[0].json()
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, first)] * 8
    await api.database["scanning_tasks"].insert_one(a_task(first, status="DONE", progress=100))
    later = await anna.post(path, headers={"Idempotency-Key": "5d41402a"}, json={"months": 2})
    assert (later.status_code, later.json(), later.headers["location"]) == (202, first, f"/v1/scans/{first['task_id']}")
    other = await anna.post(path, headers=key, json={"months": 3})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await published(channel, SCAN_REQUESTED)) == 1

    bruno = api.client("bruno")
    assert (await bruno.post(f"/v1/accounts/{await add_mailbox(bruno)}/scans", headers=key)).status_code == 202


async def test_an_idempotency_key_of_many_holds_for_each_account(api: RunningApi) -> None:
    anna = api.client("anna")
    account_ids = [await add_mailbox(anna) for _ in range(2)]
    key = {"Idempotency-Key": "many"}
    first = await anna.post("/v1/scans", headers=key, json={"account_ids": account_ids})
    for task in first.json()["tasks"]:
        await api.database["scanning_tasks"].insert_one(a_task(task, status="DONE", progress=100))
    assert (await anna.post("/v1/scans", headers=key, json={"account_ids": account_ids})).json() == first.json()
    other = await anna.post("/v1/scans", headers=key, json={"account_ids": account_ids[:1]})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_fifty_posts_of_one_key_are_one_scan_and_one_answer(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
    key = {"Idempotency-Key": '"one"'}
    answers = await asyncio.gather(*(anna.post(path, headers=key) for _ in range(50)))
    assert {(answer.status_code, answer.content, answer.headers["location"]) for answer in answers} == {
        (202, answers[0].content, answers[0].headers["location"])
    }
    assert len(await published(channel, SCAN_REQUESTED)) == 1
    other = await anna.post(path, headers=key, json={"full": True})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_whose_first_request_is_still_being_answered_is_refused_until_that_is_given_up(
    vhost: Vhost, database: TestDatabase, channel: aio_pika.abc.AbstractChannel
) -> None:
    deadlines = dataclasses.replace(UNHURRIED, accept_s=0.1)
    async with running_api(vhost, database, deadlines=deadlines) as api:
        anna = api.client("anna")
        path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
        key = {"Idempotency-Key": '"one"'}
        task_id = (await anna.post(path, headers=key)).json()["task_id"]
        await published(channel, SCAN_REQUESTED)
        requests = api.database["scan_requests"]
        # As another process of the api has it that waits for the broker's confirm, or died in it.
        await requests.update_one({"_id": task_id}, {"$set": {"confirmed": False, "requested_at": utc_now()}})
        refused = await anna.post(path, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_in_use")
        assert int(refused.headers["retry-after"]) > 0
        long_ago = utc_now() - dt.timedelta(days=1)
        await requests.update_one({"_id": task_id}, {"$set": {"requested_at": long_ago}})

        async def answered() -> bool:
            answer = await anna.post(path, headers=key)
            return bool(answer.json().get("task_id") == task_id)

        await eventually(answered)
        (event,) = await published(channel, SCAN_REQUESTED)
        assert event.subject == task_id


async def test_scans_are_cancelled_by_filter(api: RunningApi, channel: aio_pika.abc.AbstractChannel) -> None:
    anna, bruno = api.client("anna"), api.client("bruno")
    accounts = [await add_mailbox(anna) for _ in range(3)]
    tasks = (await anna.post("/v1/scans", json={"account_ids": accounts})).json()["tasks"]
    await bruno.post(f"/v1/accounts/{await add_mailbox(bruno)}/scans")
    await api.database["scanning_tasks"].insert_one(a_task(tasks[0], status="PROGRESS"))
    await api.database["scanning_tasks"].insert_one(a_task(tasks[1], status="DONE", progress=100))
    by_account = (await anna.post("/v1/scans/cancel", json={"account_ids": accounts[1:2]})).json()
    assert by_account == {"tasks": []}
    by_status = await anna.post("/v1/scans/cancel", json={"status": "PROGRESS"})
    assert by_status.status_code == 202
    assert [task["task_id"] for task in by_status.json()["tasks"]] == [tasks[0]["task_id"]]
    everything = (await anna.post("/v1/scans/cancel", json={})).json()["tasks"]
    assert {task["task_id"] for task in everything} == {tasks[0]["task_id"], tasks[2]["task_id"]}
    assert {event.data.user_id for event in await published(channel, SCAN_CANCEL_REQUESTED)} == {"anna"}
    operator = api.client("operator", admin=True)
    rest = (await operator.post("/v1/admin/tasks/cancel", json={"user_id": "bruno"})).json()["tasks"]
    assert [task["user_id"] for task in rest] == ["bruno"]
    (entry,) = (await operator.get("/v1/admin/audit")).json()["items"]
    assert (entry["by"]["name"], entry["action"], entry["details"]) == (
        "operator",
        "tasks.cancel",
        {"user_id": "bruno"},
    )
