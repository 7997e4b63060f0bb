"""Scans through HTTP: accepted once, never half, on a real database and broker."""

import asyncio
import datetime as dt
from typing import Any

import aio_pika
import httpx
import pytest

from shared.messaging.topology import EVENTS_EXCHANGE, SCAN_CANCEL_REQUESTED, SCAN_REQUESTED, WEBHOOK_EVENTS
from tests.support.queues import published
from tests.support.running_api import RunningApi, a_task, add_mailbox


async def test_a_scan_is_accepted_published_and_found_at_once(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    answer = await anna.post(f"/v1/accounts/{account_id}/scans", json={"scan_type": "all", "months": 3, "full": True})
    task = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/scans/{task['task_id']}"
    assert (task["status"], task["progress"], task["current_status"]) == ("PENDING", 0, "Task queued")
    assert (task["scan_type"], task["months"], task["full"]) == ("all", 3, True)
    assert (await anna.get(answer.headers["location"])).json() == task
    assert (await anna.get("/v1/scans")).json() == {"items": [task], "next_cursor": None}
    assert (await anna.get("/v1/scans/stats")).json()["PENDING"] == 1
    (event,) = await published(channel, SCAN_REQUESTED)
    assert event.sequence == "0" * 20
    assert event.data.model_dump(mode="json") == {
        "task_id": task["task_id"],
        "user_id": "anna",
        "account_id": account_id,
        "scan_type": "all",
        "months": 3,
        "full": True,
        "requested_at": task["created_at"],
    }


async def test_a_busy_account_answers_with_its_active_task_also_under_twenty_posts_at_once(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
    answers = await asyncio.gather(*(anna.post(path) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    (task_id,) = {answer.json()["task_id"] for answer in answers}
    (event,) = await published(channel, SCAN_REQUESTED)
    assert event.subject == task_id

    task = answers[0].json()
    await api.database["scanning_tasks"].insert_one(a_task(task, status="DONE", progress=100))
    again = await anna.post(path)
    assert again.status_code == 202
    assert again.json()["task_id"] != task_id


async def test_a_running_task_that_the_api_has_no_record_of_is_joined(api: RunningApi) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
    task = (await anna.post(path)).json()
    await api.database["scan_requests"].delete_many({})
    await api.database["scanning_tasks"].insert_one(a_task(task, status="PROGRESS", progress=5))
    again = await anna.post(path)
    assert (again.status_code, again.json()["task_id"]) == (200, task["task_id"])


async def test_many_mailboxes_are_accepted_at_once_or_not_at_all(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    account_ids = [await add_mailbox(anna) for _ in range(3)]
    empty = (await anna.post("/v1/accounts", json={"label": "x", "source": {"kind": "upload"}})).json()["account_id"]
    refused = await anna.post("/v1/scans", json={"account_ids": [*account_ids, empty]})
    assert (refused.status_code, refused.json()["code"]) == (409, "mailbox_missing")
    assert refused.json()["errors"][0]["pointer"] == "/account_ids/3"
    unknown = await anna.post("/v1/scans", json={"account_ids": [*account_ids, "nobody"]})
    assert unknown.status_code == 404
    assert await published(channel, SCAN_REQUESTED) == []

    accepted = await anna.post("/v1/scans", json={"account_ids": account_ids})
    assert accepted.status_code == 202
    assert [task["account_id"] for task in accepted.json()["tasks"]] == account_ids
    assert len(await published(channel, SCAN_REQUESTED)) == 3
    assert (await anna.post("/v1/scans", json={"account_ids": account_ids})).json() == accepted.json()


@pytest.mark.parametrize("away", ["the binding", "the exchange"])
async def test_a_scan_that_the_broker_cannot_route_is_refused_and_withdrawn(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel, away: str
) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
    if away == "the exchange":
        await channel.exchange_delete(EVENTS_EXCHANGE)
    else:
        for queue, key in (
            (SCAN_REQUESTED, "scan.requested.v1"),
            ("status.scan.events", "scan.*.v1"),
            (WEBHOOK_EVENTS, "scan.*.v1"),
            ("mailtally.events.log", "scan.#"),
        ):
            await (await channel.get_queue(queue, ensure=False)).unbind(EVENTS_EXCHANGE, key)
    answer = await anna.post(path, headers={"Idempotency-Key": '"k"'})
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert await api.database["scan_requests"].count_documents({}) == 0
    assert (await anna.get("/v1/scans")).json()["items"] == []


async def test_a_cancel_is_one_event_however_often_it_is_asked_for(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel
) -> None:
    anna = api.client("anna")
    task = (await anna.post(f"/v1/accounts/{await add_mailbox(anna)}/scans")).json()
    path = f"/v1/scans/{task['task_id']}/cancel"
    answers = [await anna.post(path), await anna.post(path)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["cancel_requested_at"] is not None
    first, second = await published(channel, SCAN_CANCEL_REQUESTED)
    assert first == second
    await api.database["scanning_tasks"].insert_one(a_task(task, status="CANCELLED"))
    assert (await anna.post(path)).status_code == 200
    for status in ("DONE", "FAILURE", "SUCCESS"):
        await api.database["scanning_tasks"].update_one({"_id": task["task_id"]}, {"$set": {"status": status}})
        answer = await anna.post(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "scan_ended")


async def test_a_task_has_its_version_as_etag_and_answers_304_while_it_is_the_same(api: RunningApi) -> None:
    anna = api.client("anna")
    task = (await anna.post(f"/v1/accounts/{await add_mailbox(anna)}/scans")).json()
    path = f"/v1/scans/{task['task_id']}"
    assert (await anna.get(path)).headers["etag"] == '"0"'
    await api.database["scanning_tasks"].insert_one(a_task(task, status="PROGRESS", progress=40, version=4, _rank=9))
    answer = await anna.get(path, headers={"If-None-Match": '"0"'})
    assert (answer.status_code, answer.headers["etag"], answer.json()["progress"]) == (200, '"4"', 40)
    assert "_rank" not in answer.json()
    for tags in ('"4"', 'W/"4"', '"1", "4"', "*"):
        same = await anna.get(path, headers={"If-None-Match": tags})
        assert (same.status_code, same.content) == (304, b"")
    head = await anna.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", '"4"')


async def test_a_legacy_success_reads_as_done(api: RunningApi) -> None:
    at = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    document = {
        "_id": "old",
        "task_id": "old",
        "user_id": "anna",
        "status": "SUCCESS",
        "progress": 100,
        "created_at": at,
        "updated_at": at,
        "result": {"invoices": 3},
    }
    await api.database["scanning_tasks"].insert_one(document)
    anna = api.client("anna")
    assert (await anna.get("/v1/scans/old")).json()["status"] == "DONE"
    assert [task["task_id"] for task in (await anna.get("/v1/scans?status=DONE")).json()["items"]] == ["old"]
    assert (await anna.get("/v1/scans/stats")).json()["DONE"] == 1


async def test_pages_hold_every_task_once_newest_first(api: RunningApi) -> None:
    anna = api.client("anna")
    at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    tasks = [
        {
            "_id": f"t{n}",
            "task_id": f"t{n}",
            "user_id": "anna",
            "account_id": f"a{n % 2}",
            "status": "DONE",
            "created_at": at + dt.timedelta(hours=n // 3),
            "updated_at": at,
        }
        for n in range(10)
    ]
    await api.database["scanning_tasks"].insert_many(tasks)
    accepted = (await anna.post(f"/v1/accounts/{await add_mailbox(anna)}/scans")).json()
    assert await walk(anna, "/v1/scans", limit=3) == [accepted["task_id"], *(f"t{n}" for n in range(9, -1, -1))]
    assert await walk(anna, "/v1/scans", limit=1, status="PENDING") == [accepted["task_id"]]
    assert await walk(anna, "/v1/scans", limit=2, account_id="a1") == ["t9", "t7", "t5", "t3", "t1"]


async def walk(client: httpx.AsyncClient, path: str, **params: Any) -> list[str]:
    """The ids on all pages."""
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = (await client.get(path, params={**params, **({"cursor": cursor} if cursor else {})})).json()
        assert len(page["items"]) <= params["limit"]
        ids += [item["task_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return ids


async def test_the_ledger_tells_why_each_message_was_or_was_not_picked_up(api: RunningApi) -> None:
    anna = api.client("anna")
    task = (await anna.post(f"/v1/accounts/{await add_mailbox(anna)}/scans")).json()
    outcomes = ["invoice", "none", "none", "skipped", "none"]
    await api.database["message_ledger"].insert_many(
        {
            "_id": f"a/1//{uid}",
            "user_id": "anna",
            "task_id": task["task_id"],
            "folder": "",
            "uidvalidity": 1,
            "uid": uid,
            "message_id": None,
            "subject": "s",
            "sender": "x",
            "date": None,
            "size": 5,
            "outcome": outcome,
            "reason": "no_document" if outcome == "none" else "a_code_of_tomorrow",
            "invoices": [],
            "scanned_at": dt.datetime.now(dt.UTC),
        }
        for uid, outcome in enumerate(outcomes)
    )
    path = f"/v1/scans/{task['task_id']}/messages"
    page = (await anna.get(path, params={"limit": 4})).json()
    rest = (await anna.get(path, params={"limit": 4, "cursor": page["next_cursor"]})).json()
    assert sorted(entry["uid"] for entry in [*page["items"], *rest["items"]]) == [0, 1, 2, 3, 4]
    assert rest["next_cursor"] is None
    assert page["counts"] == {"invoice": 1, "none": 3, "skipped": 1}
    none = (await anna.get(path, params={"outcome": "none"})).json()
    assert [entry["uid"] for entry in none["items"]] == [1, 2, 4]
    assert {entry["why"] for entry in none["items"]} == {"Nothing in the message looks like an invoice"}
    assert {entry["why"] for entry in page["items"]} >= {"a_code_of_tomorrow"}


@pytest.mark.parametrize("delivered", [False, True])
async def test_a_request_that_was_never_confirmed_is_published_again_instead_of_a_second_one(
    api: RunningApi, channel: aio_pika.abc.AbstractChannel, delivered: bool
) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    left = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(days=1)
    document = {
        "_id": "left",
        "user_id": "anna",
        "account_id": account_id,
        "scan_type": "all",
        "months": None,
        "full": False,
        "requested_at": left,
        "open": account_id,
        "confirmed": False,
    }
    await api.database["scan_requests"].insert_one(document)
    assert (await anna.get("/v1/scans/left")).status_code == 404
    if delivered:
        ended = {"_id": "left", "task_id": "left", "user_id": "anna", "account_id": account_id, "status": "DONE"}
        await api.database["scanning_tasks"].insert_one(ended)
    answer = await anna.post(f"/v1/accounts/{account_id}/scans")
    events = await published(channel, SCAN_REQUESTED)
    assert (events[0].subject, events[0].data.requested_at) == ("left", left)
    assert (await anna.get("/v1/scans/left")).status_code == 200
    if delivered:
        assert answer.status_code == 202
        assert [event.subject for event in events] == ["left", answer.json()["task_id"]]
    else:
        assert (answer.status_code, answer.json()["task_id"]) == (200, "left")
        assert len(events) == 1
