"""Nobody reaches what is another user's, by any operation: the list of them is the OpenAPI document itself."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from bson import Decimal128
from pydantic import SecretStr

from tests.support.keys import WEBHOOK_KEY
from tests.support.openapi import Operation, body_of, operations
from tests.support.running_api import MBOX, RunningApi, a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import patience

MARK = "annas-own-words"
AT = dt.datetime(2026, 11, 12, tzinfo=dt.UTC)
NOT_FOUND = {
    "type": "/docs/problems/not_found",
    "title": "Not found",
    "status": 404,
    "detail": "It does not exist, or you may not see it.",
    "code": "not_found",
}


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    async with running_api(vhost, database, webhook_key=SecretStr(WEBHOOK_KEY)) as running:
        yield running


async def annas(api: RunningApi) -> dict[str, str]:
    """One of everything, all with her mark in it; the ids by the names that paths give them."""
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    await anna.patch(f"/v1/accounts/{account_id}", json={"label": MARK})
    task = (await anna.post(f"/v1/accounts/{account_id}/scans")).json()
    await api.database["scanning_tasks"].insert_one(a_task(task, status="PROGRESS", current_status=MARK))
    key = (await anna.post("/v1/keys", json={"label": MARK})).json()
    await api.database["documents.files"].insert_one(
        {"_id": "anna/a", "length": 0, "chunkSize": 1, "uploadDate": AT, "filename": MARK, "metadata": {}}
    )
    carrier = {"message_id": None, "folder": "", "uid": 1, "part": "1", "filename": MARK, "sha256": "a"}
    invoice = {"_id": "i1", "user_id": "anna", "account_id": account_id, "task_id": task["task_id"], "vendor": MARK}
    facts = {"total": Decimal128("1.00"), "carriers": [carrier], "format": "pdf", "confidence": 1.0, "found_at": AT}
    await api.database["invoices"].insert_one({**invoice, **facts})
    await anna.patch("/v1/invoices/i1", json={"invoice_number": MARK})
    message = {"_id": "m1", "user_id": "anna", "task_id": task["task_id"], "outcome": "none", "subject": MARK}
    await api.database["message_ledger"].insert_one(message)
    wanted = {"url": f"https://example.com/{MARK}", "events": ["scan.failed.v1"], "label": MARK}
    webhook_id = (await anna.post("/v1/webhooks", json=wanted)).json()["webhook_id"]
    delivery = {
        "_id": f"{webhook_id}/e1",
        "webhook_id": webhook_id,
        "user_id": "anna",
        "event_id": "annas-event",
        "sequence": "0",
    }
    state: dict[str, Any] = {
        "type": "scan.failed.v1",
        "subject": MARK,
        "state": "failed",
        "attempts": [],
        "next_attempt_at": None,
    }
    await api.database["webhook_deliveries"].insert_one({**delivery, **state, "created_at": AT})
    return {
        "webhook_id": webhook_id,
        "event_id": "annas-event",
        "account_id": account_id,
        "task_id": task["task_id"],
        "invoice_id": "i1",
        "key_id": key["key_id"],
    }


async def everything_of(api: RunningApi, user_id: str) -> dict[str, list[Any]]:
    """All documents of a user, in every collection."""
    names = sorted(await api.database.list_collection_names())
    return {name: await api.database[name].find({"user_id": user_id}).sort("_id", 1).to_list(None) for name in names}


async def request(client: httpx.AsyncClient, operation: Operation, path: str, **body: Any) -> httpx.Response:
    return await client.request(operation.method.upper(), path, **body)


async def test_no_operation_reaches_what_is_another_users(api: RunningApi) -> None:
    ids = await annas(api)
    anna, eve = api.client("anna"), api.client("eve", admin=True)
    own = {"account_id": await add_mailbox(eve)}
    before = await everything_of(api, "anna")
    document = (await eve.get("/openapi.json")).json()
    known = {"account_ids": [ids["account_id"]], "content": MBOX}
    nobodys = {"number": "1"}  # path parameters that are no id of anybody's
    seen = 0
    for operation in operations(document):
        if operation.path.startswith("/v1/admin"):
            continue
        seen += 1
        body = body_of(operation, document, known)
        if operation.path_parameters:
            assert set(operation.path_parameters) <= {*ids, *nobodys}, (
                f"{operation}: make one for anna, and add its id above"
            )
            if operation.method == "get":
                found = await anna.head(operation.path.format(**ids, **nobodys))
                assert found.status_code != 404, f"{operation}: eve's 404 says nothing, as anna finds nothing either"
            strange = dict.fromkeys(ids, "00000000")
            foreign = await request(eve, operation, operation.path.format(**ids, **nobodys), **body)
            unknown = await request(eve, operation, operation.path.format(**strange, **nobodys), **body)
            for answer in (foreign, unknown):
                assert (answer.status_code, answer.json()) == (404, {**NOT_FOUND, "instance": answer.url.path}), (
                    f"{operation}: {answer.text}"
                )
        elif operation.streams_events:
            await eve.post(f"/v1/accounts/{own['account_id']}/scans")
            assert MARK not in await first_event(eve, operation.path)
        else:
            answer = await request(eve, operation, operation.path, **body)
            assert answer.status_code < 500, operation
            assert not any(text in answer.text for text in (MARK, *ids.values())), f"{operation}: {answer.text}"
            assert MARK.encode() not in answer.content
    assert seen > 25
    assert await everything_of(api, "anna") == before


async def first_event(client: httpx.AsyncClient, path: str) -> str:
    """All that comes until the first event is complete."""
    text = ""
    async with client.stream("GET", path) as response, patience():
        async for piece in response.aiter_text():
            text += piece
            if "event: task" in text:
                return text
    raise AssertionError("the stream ended")


async def test_operators_routes_are_closed_to_everybody_else(api: RunningApi) -> None:
    anna = api.client("anna")
    document = (await anna.get("/openapi.json")).json()
    of_operators = [each for each in operations(document) if each.path.startswith("/v1/admin")]
    assert len(of_operators) >= 7
    for operation in of_operators:
        path = operation.path.format(**dict.fromkeys(operation.path_parameters, "anna"))
        body = body_of(operation, document, {"content": b""})
        refused = await request(anna, operation, path, **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "admin_required"), operation


async def test_no_operation_is_open_without_a_credential_but_those_that_give_one(api: RunningApi) -> None:
    nobody = api.client("nobody")
    del nobody.headers["authorization"]
    document = (await nobody.get("/openapi.json")).json()
    for operation in operations(document):
        path = operation.path.format(**dict.fromkeys(operation.path_parameters, "x"))
        body = body_of(operation, document, {"content": b""})
        answer = await request(nobody, operation, path, **body)
        if operation.path in ("/v1/auth/login", "/v1/auth/logout"):
            assert answer.status_code in (204, 401), operation
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), operation
            assert operation.told["security"], operation
