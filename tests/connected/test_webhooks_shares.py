"""How many posts are on their way at once, and where they may never go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from services.api.webhooks import http_client
from services.api.webhooks.worker import DeliveryWorker
from tests.support.events import Scan
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS, patience
from tests.support.webhook_receiver import Received, Receiver
from tests.support.webhook_stage import WebhookStage, a_user, webhook_stage, with_delays

EVE = a_user("user-2")


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[WebhookStage]:
    async with webhook_stage(vhost, database) as on_created:
        yield on_created


@asynccontextmanager
async def under_way(stage: WebhookStage, receiver: Receiver, worker: DeliveryWorker) -> AsyncIterator[None]:
    """What is due is being posted, and not answered before the end."""
    answer = asyncio.Event()

    async def wait(_: Received) -> None:
        await answer.wait()

    receiver.before_answer = wait
    going = asyncio.create_task(worker.deliver_due())
    try:
        yield
    finally:
        answer.set()
        await going
    assert await stage.database["webhook_deliveries"].count_documents({"token": {"$ne": None}}) == 0


async def held(stage: WebhookStage, **of: Any) -> int:
    return await stage.database["webhook_deliveries"].count_documents({"token": {"$ne": None}, **of})


async def test_no_user_takes_all_places(stage: WebhookStage, receiver: Receiver) -> None:
    webhooks = [await stage.webhook(receiver) for _ in range(6)]
    await stage.webhook(receiver, who=EVE)
    await stage.take(*(Scan(f"task-{n}").started() for n in range(8)), Scan("t", user_id="user-2").started())
    async with under_way(stage, receiver, stage.worker(receiver)):
        await receiver.until(17)
        assert await held(stage, user_id="user-1") == 16
        for webhook in webhooks:
            assert await held(stage, webhook_id=webhook.webhook_id) <= 4
    assert len(receiver.received) == 6 * 8 + 1


async def test_a_webhook_has_four_places_and_one_while_it_fails(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    worker = stage.worker(receiver, retry_policy=with_delays(3600))
    await stage.take(*(Scan(f"task-{n}").started() for n in range(8)))
    async with under_way(stage, receiver, worker):
        await receiver.until(4)
        assert await held(stage) == 4
    receiver.answer(500)
    await stage.take(Scan("task-f").started())
    await worker.deliver_due()
    await stage.take(*(Scan(f"task-g{n}").started() for n in range(8)))
    async with under_way(stage, receiver, worker):
        await receiver.until(10)
        assert await held(stage) == 1


async def test_two_workers_deliver_each_event_once(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    await stage.take(*(Scan(f"task-{n}").started() for n in range(40)))
    await asyncio.gather(*(stage.worker(receiver).deliver_due() for _ in range(2)))
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert (len(ids), len(set(ids))) == (40, 40)


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://127.0.0.1:{port}/", None),
        ("https://169.254.169.254/latest/meta-data", None),
        ("https://0x7f000001:{port}/", None),
        ("https://2130706433:{port}/", None),
        ("https://hook.example.com:{port}/", ["127.0.0.1"]),
        ("https://hook.example.com:{port}/", ["10.0.0.7", "::ffff:127.0.0.1"]),
        ("http://hook.example.com:{port}/", ["93.184.216.34"]),
    ],
)
async def test_nothing_is_sent_to_an_address_of_the_own_network(
    stage: WebhookStage, receiver: Receiver, url: str, addresses: list[str] | None
) -> None:
    async def names(_host: str, _port: int) -> list[str]:
        return addresses or []

    webhook = await stage.webhook(receiver)
    port = receiver.url.split(":")[2].split("/")[0]
    # As a name does that is changed after it was checked, or a stored address that an operator no longer allows.
    await stage.database["webhooks"].update_one({"_id": webhook.webhook_id}, {"$set": {"url": url.format(port=port)}})
    await stage.take(Scan().started())
    options: dict[str, Any] = {"lookup": names} if addresses else {}
    await stage.worker(receiver, retry_policy=with_delays(60), allow_private=False, **options).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert [(one["status"], one["error"]) for one in delivery["attempts"]] == [(None, "host_not_allowed")]
    assert receiver.received == []


async def test_a_name_that_changes_between_two_attempts_is_checked_each_time(
    stage: WebhookStage, receiver: Receiver
) -> None:
    asked = []

    async def changing(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) > 1 else ["127.0.0.1"]

    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    retry_policy = with_delays(0)
    await stage.worker(receiver, retry_policy=retry_policy, allow_private=False, lookup=changing).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert [one["error"] for one in delivery["attempts"]] == ["host_not_allowed"] * 2
    assert len(asked) == 2


@pytest.mark.parametrize(("first", "read_seconds"), [(4096, SECONDS), (1, 0.05)], ids=["it is long", "it takes long"])
async def test_an_answer_is_not_read_to_its_end(
    stage: WebhookStage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, first: int, read_seconds: float
) -> None:
    is_over = asyncio.Event()

    async def without_end() -> AsyncIterator[bytes]:
        yield b"x" * first
        await is_over.wait()

    monkeypatch.setattr(http_client, "_MAX_RESPONSE_SECONDS", read_seconds)
    webhook = await stage.webhook(receiver)
    receiver.answers.append(StreamingResponse(without_end()))
    await stage.take(Scan().started())
    async with patience():
        await stage.worker(receiver).deliver_due()
    is_over.set()
    (delivery,) = await stage.log(webhook)
    assert delivery["state"] == "delivered"


async def test_what_belongs_to_a_webhook_that_is_gone_goes_too(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    await stage.database["webhooks"].delete_one({"_id": webhook.webhook_id})
    await stage.take(Scan("task-2").started())
    await stage.deliveries.delete_orphans()
    assert await stage.log(webhook) == []
    kept = await stage.webhook(receiver)
    await stage.take(Scan().started())
    await stage.deliveries.delete_orphans()
    assert len(await stage.log(kept)) == 1
