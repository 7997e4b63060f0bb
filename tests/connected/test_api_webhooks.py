"""Webhooks over REST, and the process that delivers to them, on real servers."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import httpx
import pytest
from pydantic import SecretStr

from shared.events import utc_now
from tests.support.keys import WEBHOOK_KEY
from tests.support.logs import output_of
from tests.support.running_api import RunningApi, Somebody, add_mailbox, running_api, until_ready
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS, eventually, patience
from tests.support.webhook_events import an_invoice, happened, recent
from tests.support.webhook_receiver import Received, Receiver
from tools.stack.ports import free_ports

WEBHOOK = {"url": "https://books.example.com/hook?key=1", "events": ["invoice.found.v1"], "label": " Books "}


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    async with running_api(
        vhost, database, webhook_key=SecretStr(WEBHOOK_KEY), allow_private_webhook_hosts=True
    ) as running:
        yield running


@asynccontextmanager
async def delivering(vhost: Vhost, database: TestDatabase, receiver: Receiver) -> AsyncIterator[tuple[Process, str]]:
    """`python -m services.api.webhooks`, ready, and its address."""
    (port,) = free_ports(1)
    settings = {
        "AMQP_URL": vhost.url("api"),
        "MONGO_URL": database.url("api"),
        "MONGO_DATABASE": database.name,
        "WEBHOOK_KEY": WEBHOOK_KEY,
        "WEBHOOK_CA": receiver.certificates,
        "ALLOW_PRIVATE_WEBHOOK_HOSTS": "true",
        "HTTP_PORT": str(port),
    }
    environment = {**os.environ, **{f"MAILTALLY_{name}": value for name, value in settings.items()}}
    with output_of(f"webhooks on port {port}") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.api.webhooks", env=environment, stdout=output, stderr=output
        )
        try:
            await until_ready(f"http://127.0.0.1:{port}")
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def deliveries(client: httpx.AsyncClient, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/webhooks/{webhook['webhook_id']}/deliveries")
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


async def until_delivered(client: httpx.AsyncClient, webhook: dict[str, Any], number: int) -> None:
    """The log is written after the answer."""

    async def are_delivered() -> bool:
        states = [one["state"] for one in await deliveries(client, webhook)]
        return states.count("delivered") == number

    await eventually(are_delivered)


async def test_a_webhook_is_made_shown_changed_and_removed(api: RunningApi) -> None:
    anna = api.client("anna")
    created = await anna.post("/v1/webhooks", json=WEBHOOK)
    assert created.status_code == 201
    made = created.json()
    assert created.headers["location"] == f"/v1/webhooks/{made['webhook_id']}"
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made["label"] == "Books"
    assert (made["enabled"], made["disabled_reason"], made["failing_since"]) == (True, None, None)
    path = created.headers["location"]
    assert (await anna.get(path)).json() == made
    assert (await anna.get("/v1/webhooks")).json() == {"items": [made]}
    changed = (await anna.patch(path, json={"events": ["scan.failed.v1"], "enabled": False})).json()
    assert (changed["events"], changed["enabled"], changed["disabled_reason"]) == (["scan.failed.v1"], False, "by_user")
    again = (await anna.patch(path, json={"enabled": True})).json()
    assert (again["enabled"], again["disabled_reason"], again["disabled_at"]) == (True, None, None)
    rotated = (await anna.post(f"{path}/secret")).json()
    assert rotated["secret"] not in (secret, None)
    stored = await api.database["webhooks"].find_one({})
    assert secret.removeprefix("whsec_") not in repr(stored)
    assert (await anna.delete(path)).status_code == 204
    for answer in (await anna.get(path), await anna.delete(path), await anna.get(f"{path}/deliveries")):
        assert answer.status_code == 404
    noted = await api.database["audit_log"].find().sort("at", 1).to_list(None)
    actions = ["add", "change", "change", "rotate_secret", "remove"]
    assert [entry["action"] for entry in noted] == [f"webhook.{action}" for action in actions]
    assert "books.example.com" not in repr(noted)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "ftp://books.example.com/"}, "/url"),
        ({"url": "https://a:b@books.example.com/"}, "/url"),
        ({"url": 5}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["account.deleted.v1"]}, "/events/0"),
        ({"events": ["scan.failed.v1", "scan.failed.v1"]}, "/events"),
        ({"label": " "}, "/label"),
        ({"secret": "mine"}, "/secret"),
    ],
)
async def test_what_no_webhook_can_be_is_refused_by_name(
    somebody: Somebody, change: dict[str, Any], pointer: str
) -> None:
    refused = await somebody.client.post("/v1/webhooks", json={**WEBHOOK, **change})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


async def test_private_hosts_are_refused_unless_an_operator_allows_them(vhost: Vhost, database: TestDatabase) -> None:
    async with running_api(vhost, database, webhook_key=SecretStr(WEBHOOK_KEY)) as api:
        anna = api.client("anna")
        path = (await anna.post("/v1/webhooks", json=WEBHOOK)).headers["location"]
        for url in ("https://127.0.0.1/", "https://localhost/", "http://books.example.com/", "https://[fd00::1]/"):
            for answer in (
                await anna.post("/v1/webhooks", json={**WEBHOOK, "url": url}),
                await anna.patch(path, json={"url": url}),
            ):
                assert answer.status_code == 422
                assert answer.json()["errors"][0]["pointer"] == "/url"


async def test_without_a_key_there_are_no_webhooks(vhost: Vhost, database: TestDatabase) -> None:
    async with running_api(vhost, database) as api:
        refused = await api.client("anna").post("/v1/webhooks", json=WEBHOOK)
        assert (refused.status_code, refused.json()["code"]) == (403, "webhooks_off")


async def test_a_user_has_a_limited_number_of_webhooks(api: RunningApi) -> None:
    anna = api.client("anna")
    for _ in range(20):
        (await anna.post("/v1/webhooks", json=WEBHOOK)).raise_for_status()
    assert (await anna.post("/v1/webhooks", json=WEBHOOK)).status_code == 422
    assert (await api.client("bruno").post("/v1/webhooks", json=WEBHOOK)).status_code == 201


async def test_nobody_reaches_the_webhooks_of_another(api: RunningApi) -> None:
    anna, eve = api.client("anna"), api.client("eve")
    path = (await anna.post("/v1/webhooks", json=WEBHOOK)).headers["location"]
    assert (await eve.get("/v1/webhooks")).json() == {"items": []}
    before = (await anna.get(path)).json()
    requests: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"enabled": False}),
        ("DELETE", "", None),
        ("POST", "/secret", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", "/deliveries/x/redeliver", None),
        ("POST", "/replay", {"since": "2026-01-01T00:00:00Z"}),
    ]
    for method, below, body in requests:
        assert (await eve.request(method, f"{path}{below}", json=body)).status_code == 404, below
    assert (await anna.get(path)).json() == before


async def test_a_disabled_webhook_is_sent_nothing_on_request(api: RunningApi) -> None:
    anna = api.client("anna")
    path = (await anna.post("/v1/webhooks", json=WEBHOOK)).headers["location"]
    await anna.patch(path, json={"enabled": False})
    for below, body in (
        ("test", None),
        ("deliveries/x/redeliver", None),
        ("replay", {"since": "2026-01-01T00:00:00Z"}),
    ):
        refused = await anna.post(f"{path}/{below}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled"), below


async def test_published_events_reach_a_receiver_and_the_log_is_paged(
    api: RunningApi, vhost: Vhost, database: TestDatabase, receiver: Receiver
) -> None:
    anna = api.client("anna")
    wanted = {"url": receiver.url, "events": ["scan.started.v1", "scan.completed.v1", "invoice.found.v1"]}
    webhook = (await anna.post("/v1/webhooks", json=wanted)).json()
    path = f"/v1/webhooks/{webhook['webhook_id']}"
    scan = recent("task-1", user_id="anna")
    async with delivering(vhost, database, receiver) as (process, url):
        await happened(vhost, [*scan.whole(), an_invoice(scan), *recent("task-2", user_id="bruno").whole()])
        tested = (await anna.post(f"{path}/test")).json()
        received = await receiver.until(4)
        for one in received:
            assert one.verified(webhook["secret"])
        ids = {one.headers["webhook-id"] for one in received}
        assert ids == {scan.started().id, scan.completed().id, an_invoice(scan).id, tested["event_id"]}
        await until_delivered(anna, webhook, 4)
        first = await anna.get(f"{path}/deliveries?limit=3&state=delivered")
        assert (
            first.headers["link"]
            == f'<{path}/deliveries?limit=3&state=delivered&cursor={first.json()["next_cursor"]}>; rel="next"'
        )
        rest = (await anna.get(f"{path}/deliveries?limit=3&cursor={first.json()['next_cursor']}")).json()
        assert {one["event_id"] for one in first.json()["items"] + rest["items"]} == ids
        assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
        assert (await anna.get(f"{path}/deliveries?state=failed")).json()["items"] == []
        again = await anna.post(f"{path}/deliveries/{scan.started().id}/redeliver")
        assert (again.status_code, again.json()["state"]) == (202, "pending")
        assert (await receiver.until(5))[4].headers["webhook-id"] == scan.started().id
        assert (await anna.post(f"{path}/deliveries/unknown/redeliver")).status_code == 404
        await until_delivered(anna, webhook, 4)
        asked = await anna.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"})
        assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
        assert {one.headers["webhook-id"] for one in (await receiver.until(8))[5:]} == ids - {tested["event_id"]}
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            metrics = (await client.get(f"{url}/metrics")).text
        assert 'mailtally_webhook_deliveries_total{outcome="delivered"}' in metrics
        assert webhook["webhook_id"] not in metrics
        process.send_signal(signal.SIGTERM)
        async with patience():
            assert await process.wait() == 0


async def test_a_process_killed_between_the_post_and_its_record_leaves_it_to_another(
    api: RunningApi, vhost: Vhost, database: TestDatabase, receiver: Receiver
) -> None:
    anna = api.client("anna")
    webhook = (await anna.post("/v1/webhooks", json={"url": receiver.url, "events": ["scan.started.v1"]})).json()
    event = recent("task-1", user_id="anna").started()
    async with delivering(vhost, database, receiver) as (first, _):

        async def kill(_: Received) -> None:
            receiver.before_answer = None
            first.kill()
            await first.wait()

        receiver.before_answer = kill
        await happened(vhost, [event])
        await receiver.until(1)
        await first.wait()
    (held,) = await deliveries(anna, webhook)
    assert (held["state"], held["attempts"]) == ("pending", [])
    # What only time would bring: the dead process's hold is over.
    await api.database["webhook_deliveries"].update_one({}, {"$set": {"next_attempt_at": utc_now()}})
    async with delivering(vhost, database, receiver):
        received = await receiver.until(2)
        assert [one.headers["webhook-id"] for one in received] == [event.id] * 2
        assert received[0].body == received[1].body
        await until_delivered(anna, webhook, 1)


async def test_an_event_that_cannot_be_read_is_set_aside_and_holds_up_nothing(
    api: RunningApi, vhost: Vhost, database: TestDatabase, receiver: Receiver
) -> None:
    anna = api.client("anna")
    webhook = (await anna.post("/v1/webhooks", json={"url": receiver.url, "events": ["scan.started.v1"]})).json()
    async with (
        delivering(vhost, database, receiver),
        await aio_pika.connect(vhost.url("administrator")) as connection,
    ):
        channel = await connection.channel()
        exchange = await channel.get_exchange("mailtally.events", ensure=False)
        await exchange.publish(aio_pika.Message(b"no event"), "scan.started.v1")
        await happened(vhost, [recent("task-1", user_id="anna").started()])
        (received,) = await receiver.until(1)
        received.verified(webhook["secret"])
        dead = await channel.get_queue("api.webhooks.events.dead", ensure=False)
        # The two were handled at the same time.
        letter = await eventually(lambda: dead.get(no_ack=True, fail=False, timeout=SECONDS))
        assert letter is not None
        assert letter.body == b"no event"


async def test_what_a_deleted_accounts_invoices_told_is_deleted_too(api: RunningApi) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    for number, (account, kind) in enumerate(
        ((account_id, "invoice.found.v1"), (account_id, "scan.failed.v1"), ("other", "invoice.found.v1"))
    ):
        document = {"_id": f"w/{number}", "webhook_id": "w", "account_id": account, "type": kind}
        await api.database["webhook_deliveries"].insert_one(document)
    assert (await anna.delete(f"/v1/accounts/{account_id}")).status_code == 204
    assert sorted(await api.database["webhook_deliveries"].distinct("_id")) == ["w/1", "w/2"]
