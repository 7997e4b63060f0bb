"""Webhooks that are gone or fail are disabled, and everybody is told; secrets change without a gap."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.api.webhooks.schemas import WebhookChange
from shared.events import WebhookDisabled, WebhookTest, new_event, utc_now
from tests.support.events import Scan
from tests.support.queues import published
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver, a_receiver
from tests.support.webhook_stage import ADA, WebhookStage, webhook_stage, with_delays

HOUR = dt.timedelta(hours=1)


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[WebhookStage]:
    async with webhook_stage(vhost, database) as on_created:
        yield on_created


async def test_a_receiver_that_is_gone_for_good_disables_its_webhook_at_once_and_everybody_is_told(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    webhook = await stage.webhook(receiver)
    receiver.answer(410)
    await stage.take(Scan().started())
    await stage.worker(receiver).deliver_due()
    stored = await stage.stored(webhook)
    assert (stored["enabled"], stored["disabled_reason"]) == (False, "gone")
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        (told,) = await published(await connection.channel(), "api.webhooks.events")
    assert isinstance(told.data, WebhookDisabled)
    assert (told.data.webhook_id, told.data.user_id, told.data.reason) == (webhook.webhook_id, "user-1", "gone")
    assert receiver.url.encode() not in told.to_bytes()
    await stage.take(Scan("task-2").started())
    await stage.worker(receiver).deliver_due()
    assert len(receiver.received) == 1


async def test_failures_that_last_disable_a_webhook_and_another_hears_of_it(
    stage: WebhookStage, receiver: Receiver, tmp_path: Path, vhost: Vhost
) -> None:
    broken = await stage.webhook(receiver)
    async with a_receiver(tmp_path / "other") as other:
        watching = await stage.webhook(other, "webhook.disabled.v1")
        receiver.answer(*[500] * 9)
        await stage.take(Scan().started())
        await stage.worker(receiver).deliver_due()
        (delivery,) = await stage.log(broken)
        assert (delivery["state"], len(delivery["attempts"])) == ("failed", 8)
        assert (await stage.stored(broken))["enabled"]
        # It has failed for a day by the time that the next one has failed.
        await stage.database["webhooks"].update_one(
            {"_id": broken.webhook_id}, {"$set": {"failing_since": utc_now() - 24 * HOUR}}
        )
        await stage.take(Scan("task-2").started())
        await stage.worker(receiver, retry_policy=with_delays()).deliver_due()
        stored = await stage.stored(broken)
        assert (stored["enabled"], stored["disabled_reason"]) == (False, "failing")
        async with await aio_pika.connect(vhost.url("administrator")) as connection:
            (told,) = await published(await connection.channel(), "api.webhooks.events")
        await stage.take(told)
        await stage.worker(other).deliver_due()
        (received,) = other.received
        assert received.verified(watching.secret)["data"]["webhook_id"] == broken.webhook_id


async def test_another_address_has_not_failed_yet(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.database["webhooks"].update_one(
        {"_id": webhook.webhook_id}, {"$set": {"failing_since": utc_now() - 30 * HOUR}}
    )
    await stage.webhooks.change(ADA, webhook.webhook_id, WebhookChange(url=receiver.url + "&new=1"))
    receiver.answer(500)
    await stage.take(Scan().started())
    await stage.worker(receiver, retry_policy=with_delays()).deliver_due()
    assert (await stage.stored(webhook))["enabled"]


async def test_what_waits_is_counted(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    await stage.take(Scan("task-1").started(), Scan("task-2").started())
    assert await stage.deliveries.count_pending() == 2
    await stage.worker(receiver).deliver_due()
    assert await stage.deliveries.count_pending() == 0


async def test_one_success_ends_a_row_of_failures(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.database["webhooks"].update_one(
        {"_id": webhook.webhook_id}, {"$set": {"failing_since": utc_now() - 20 * HOUR}}
    )
    await stage.take(Scan("task-1").started())
    await stage.worker(receiver).deliver_due()
    assert (await stage.stored(webhook))["failing_since"] is None


async def test_what_is_owed_is_told_when_the_broker_is_back(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    webhook = await stage.webhook(receiver)
    at = utc_now()
    crashed = {"enabled": False, "disabled_reason": "gone", "disabled_at": at, "untold": True}
    await stage.database["webhooks"].update_one({"_id": webhook.webhook_id}, {"$set": crashed})
    worker = stage.worker(receiver)
    upkeep = asyncio.create_task(worker.maintain_forever())
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        channel = await connection.channel()
        (told,) = await eventually(lambda: published(channel, "api.webhooks.events"))
    upkeep.cancel()
    await asyncio.gather(upkeep, return_exceptions=True)
    assert (told.data.webhook_id, told.data.reason) == (webhook.webhook_id, "gone")


async def test_a_webhook_that_is_enabled_again_delivers(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    worker = stage.worker(receiver)
    await stage.webhooks.change(ADA, webhook.webhook_id, WebhookChange(enabled=False))
    await stage.take(Scan().started())
    await stage.webhooks.change(ADA, webhook.webhook_id, WebhookChange(enabled=True))
    await stage.take(Scan("task-2").started())
    await worker.deliver_due()
    assert [one.event["subject"] for one in receiver.received] == ["task-2"]


async def test_what_was_on_its_way_to_a_disabled_webhook_has_failed(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    await stage.webhooks.change(ADA, webhook.webhook_id, WebhookChange(enabled=False))
    await stage.worker(receiver).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert (delivery["state"], delivery["attempts"][0]["error"]) == ("failed", "webhook_disabled")
    assert receiver.received == []


async def test_a_test_goes_to_its_webhook_alone_whatever_that_asks_for(stage: WebhookStage, receiver: Receiver) -> None:
    tried = await stage.webhook(receiver, "scan.failed.v1")
    other = await stage.webhook(receiver, "scan.failed.v1")
    data = WebhookTest(webhook_id=tried.webhook_id, user_id="user-1", requested_at=utc_now())
    await stage.take(new_event(data, service="api", sequence=0, time=utc_now()))
    await stage.worker(receiver).deliver_due()
    (received,) = receiver.received
    assert received.verified(tried.secret)["type"] == "io.mailtally.webhook.test.v1"
    assert await stage.log(other) == []


async def test_after_a_rotation_both_secrets_are_good_for_a_day(stage: WebhookStage, receiver: Receiver) -> None:
    first = await stage.webhook(receiver)
    second = await stage.webhooks.rotate(ADA, first.webhook_id)
    worker = stage.worker(receiver)
    await stage.take(Scan().started())
    await worker.deliver_due()
    for secret in (first.secret, second.secret):
        receiver.received[0].verified(secret)
    await stage.database["webhooks"].update_one(
        {"_id": first.webhook_id}, {"$set": {"secrets.1.until": utc_now() - dt.timedelta(seconds=1)}}
    )
    await stage.take(Scan("task-2").started())
    await worker.deliver_due()
    receiver.received[1].verified(second.secret)
    with pytest.raises(WebhookVerificationError):
        receiver.received[1].verified(first.secret)


async def test_a_secret_that_leaked_is_ended_by_two_rotations(stage: WebhookStage, receiver: Receiver) -> None:
    leaked = await stage.webhook(receiver)
    await stage.webhooks.rotate(ADA, leaked.webhook_id)
    newest = await stage.webhooks.rotate(ADA, leaked.webhook_id)
    await stage.take(Scan().started())
    await stage.worker(receiver).deliver_due()
    received = receiver.received[0]
    Webhook(newest.secret).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        received.verified(leaked.secret)
