"""Deliveries over real TLS, on a real database and broker: signed, tried again, given up, never to a private host."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.api.webhooks.delivering import Deliverer
from services.api.webhooks.schemas import WebhookChange
from shared.events import EVENTS, WebhookDisabled, WebhookTest, new_event, utc_now
from tests.support.builders import sample_events
from tests.support.events import Scan
from tests.support.queues import published
from tests.support.servers import TestDatabase, Vhost
from tests.support.webhook_receiver import Received, Receiver, a_receiver
from tests.support.webhook_stage import ADA, WebhookStage, a_user, webhook_stage, with_delays

HOUR = dt.timedelta(hours=1)
EVE = a_user("user-2")


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[WebhookStage]:
    async with webhook_stage(vhost, database) as made:
        yield made


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    async with a_receiver(tmp_path) as listening:
        yield listening


async def test_an_event_arrives_as_it_was_published_with_a_signature_of_the_standard(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = await stage.webhook(receiver)
    event = Scan().started()
    await stage.take(event)
    await stage.deliverer(receiver).deliver_due()
    (received,) = receiver.received
    assert received.body == event.to_bytes()
    assert received.verified(webhook.secret)["id"] == event.id
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert received.headers["host"] == receiver.url.split("/")[2]
    with pytest.raises(WebhookVerificationError):
        received.verified("whsec_" + "A" * 44)
    (delivery,) = await stage.log(webhook)
    assert (delivery["state"], delivery["next_attempt_at"]) == ("delivered", None)
    assert [(attempt["status"], attempt["error"]) for attempt in delivery["attempts"]] == [(204, None)]


async def test_only_the_users_own_events_of_the_types_asked_for_are_delivered(
    stage: WebhookStage, receiver: Receiver
) -> None:
    mine = await stage.webhook(receiver, "scan.completed.v1")
    hers = await stage.webhook(receiver, "scan.completed.v1", who=EVE)
    await stage.take(*Scan().whole(), Scan("task-2", user_id="user-3").completed())
    await stage.deliverer(receiver).deliver_due()
    assert [one.event["subject"] for one in receiver.received] == ["task-1"]
    assert (len(await stage.log(mine)), len(await stage.log(hers))) == (1, 0)


async def test_every_event_of_a_user_can_be_had_and_nothing_else_comes(stage: WebhookStage, receiver: Receiver) -> None:
    sample = sample_events()
    user = a_user(sample["scan.started.v1"].data.user_id)
    of_others = {"webhook.test.v1", "scan.cleanup_requested.v1"}
    types: list[Any] = [key for key in EVENTS if not key.startswith("account.") and key not in of_others]
    await stage.webhook(receiver, *types, who=user)
    await stage.take(*sample.values())
    await stage.deliverer(receiver).deliver_due()
    assert sorted(one.event["type"].removeprefix("io.mailtally.") for one in receiver.received) == sorted(types)


async def test_an_event_that_comes_twice_is_delivered_once(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    deliverer = stage.deliverer(receiver)
    await stage.take(Scan().started(), Scan().started())
    await deliverer.deliver_due()
    await stage.take(Scan().started())
    await deliverer.deliver_due()
    assert len(receiver.received) == 1


async def test_the_events_of_a_scan_arrive_in_their_order(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver, "scan.started.v1", "scan.progressed.v1", "scan.completed.v1")
    await stage.take(*Scan().whole(), *Scan("task-2").whole())
    await stage.deliverer(receiver).deliver_due()
    for task in ("task-1", "task-2"):
        sequences = [one.event["sequence"] for one in receiver.received if one.event["subject"] == task]
        assert len(sequences) == 9
        assert sequences == sorted(sequences)


async def test_a_failure_is_tried_again_under_the_same_id_until_it_comes_through(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = await stage.webhook(receiver)
    receiver.answer(500, 404)
    await stage.take(Scan().started())
    await stage.deliverer(receiver).deliver_due()
    assert len({one.verified(webhook.secret)["id"] for one in receiver.received}) == 1
    (delivery,) = await stage.log(webhook)
    assert delivery["state"] == "delivered"
    tries = [(attempt["status"], attempt["error"]) for attempt in delivery["attempts"]]
    assert tries == [(500, "status"), (404, "status"), (204, None)]
    assert (await stage.stored(webhook))["failing_since"] is None


async def test_the_next_attempt_waits_as_the_schedule_and_the_receiver_say(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = await stage.webhook(receiver)
    deliverer = stage.deliverer(receiver, schedule=with_delays(60, 60))
    for task, status, header, seconds in (
        ("t1", 500, "", 60),
        ("t2", 503, "3000", 3000),
        ("t3", 429, "3000", 3000),
        ("t4", 500, "3000", 60),
        ("t5", 429, "soon", 60),
        ("t6", 503, "Thu, 01 Jan 1970 00:00:00 GMT", 60),
    ):
        receiver.answer(status, **({"retry_after": header} if header else {}))
        before = utc_now()
        await stage.take(Scan(task).started())
        await deliverer.deliver_due()
        (delivery,) = [one for one in await stage.log(webhook) if one["subject"] == task]
        assert delivery["state"] == "pending"
        waits = (delivery["next_attempt_at"] - before).total_seconds()
        assert seconds <= waits < seconds * 1.1 + 10, task
    assert len(receiver.received) == 6


async def test_a_redirect_is_a_failure_and_is_not_followed(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    receiver.answer(307, location="https://127.0.0.1:1/elsewhere")
    await stage.take(Scan().started())
    await stage.deliverer(receiver, schedule=with_delays(60)).deliver_due()
    assert len(receiver.received) == 1
    (delivery,) = await stage.log(webhook)
    assert (delivery["attempts"][0]["status"], delivery["attempts"][0]["error"]) == (307, "redirect")


async def test_a_receiver_that_does_not_answer_is_given_up_in_time(stage: WebhookStage, receiver: Receiver) -> None:
    never = asyncio.Event()

    async def wait(_: Any) -> None:
        await never.wait()

    webhook = await stage.webhook(receiver)
    receiver.before_answer = wait
    await stage.take(Scan().started())
    await stage.deliverer(receiver, schedule=with_delays(60), post_seconds=0.2).deliver_due()
    never.set()
    (delivery,) = await stage.log(webhook)
    assert delivery["attempts"][0]["error"] == "timeout"


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    stage: WebhookStage, receiver: Receiver, tmp_path: Path
) -> None:
    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    async with a_receiver(tmp_path / "other") as other:
        await stage.deliverer(other, schedule=with_delays(60)).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert delivery["attempts"][0]["error"] == "tls"
    assert receiver.received == []


async def test_a_receiver_that_is_gone_for_good_disables_its_webhook_at_once_and_everybody_is_told(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    webhook = await stage.webhook(receiver)
    receiver.answer(410)
    await stage.take(Scan().started())
    await stage.deliverer(receiver).deliver_due()
    stored = await stage.stored(webhook)
    assert (stored["enabled"], stored["disabled_reason"]) == (False, "gone")
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        (told,) = await published(await connection.channel(), "api.webhooks.events")
    assert isinstance(told.data, WebhookDisabled)
    assert (told.data.webhook_id, told.data.user_id, told.data.reason) == (webhook.webhook_id, "user-1", "gone")
    assert receiver.url.encode() not in told.to_bytes()
    await stage.take(Scan("task-2").started())
    await stage.deliverer(receiver).deliver_due()
    assert len(receiver.received) == 1


async def test_failures_that_last_disable_a_webhook_and_another_hears_of_it(
    stage: WebhookStage, receiver: Receiver, tmp_path: Path, vhost: Vhost
) -> None:
    broken = await stage.webhook(receiver)
    async with a_receiver(tmp_path / "other") as other:
        watching = await stage.webhook(other, "webhook.disabled.v1")
        receiver.answer(*[500] * 9)
        await stage.take(Scan().started())
        await stage.deliverer(receiver).deliver_due()
        (delivery,) = await stage.log(broken)
        assert (delivery["state"], len(delivery["attempts"])) == ("failed", 8)
        assert (await stage.stored(broken))["enabled"]
        # It has failed for a day by the time that the next one has failed.
        await stage.database["webhooks"].update_one(
            {"_id": broken.webhook_id}, {"$set": {"failing_since": utc_now() - 24 * HOUR}}
        )
        await stage.take(Scan("task-2").started())
        await stage.deliverer(receiver, schedule=with_delays()).deliver_due()
        stored = await stage.stored(broken)
        assert (stored["enabled"], stored["disabled_reason"]) == (False, "failing")
        async with await aio_pika.connect(vhost.url("administrator")) as connection:
            (told,) = await published(await connection.channel(), "api.webhooks.events")
        await stage.take(told)
        await stage.deliverer(other).deliver_due()
        (received,) = other.received
        assert received.verified(watching.secret)["data"]["webhook_id"] == broken.webhook_id


async def test_another_address_has_not_failed_yet(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.database["webhooks"].update_one(
        {"_id": webhook.webhook_id}, {"$set": {"failing_since": utc_now() - 30 * HOUR}}
    )
    await stage.subscriptions.change(ADA, webhook.webhook_id, WebhookChange(url=receiver.url + "&new=1"))
    receiver.answer(500)
    await stage.take(Scan().started())
    await stage.deliverer(receiver, schedule=with_delays()).deliver_due()
    assert (await stage.stored(webhook))["enabled"]


async def test_what_waits_is_counted(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    await stage.take(Scan("task-1").started(), Scan("task-2").started())
    assert await stage.deliveries.pending() == 2
    await stage.deliverer(receiver).deliver_due()
    assert await stage.deliveries.pending() == 0


async def test_one_success_ends_a_row_of_failures(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.database["webhooks"].update_one(
        {"_id": webhook.webhook_id}, {"$set": {"failing_since": utc_now() - 20 * HOUR}}
    )
    await stage.take(Scan("task-1").started())
    await stage.deliverer(receiver).deliver_due()
    assert (await stage.stored(webhook))["failing_since"] is None


async def test_what_is_owed_is_told_when_the_broker_is_back(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    webhook = await stage.webhook(receiver)
    at = utc_now()
    crashed = {"enabled": False, "disabled_reason": "gone", "disabled_at": at, "untold": True}
    await stage.database["webhooks"].update_one({"_id": webhook.webhook_id}, {"$set": crashed})
    deliverer = stage.deliverer(receiver)
    upkeep = asyncio.create_task(deliverer.keep_up())
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("api.webhooks.events", ensure=False)
        async with asyncio.timeout(20), queue.iterator() as messages:
            async for message in messages:
                assert message.headers["cloudEvents_id"]
                break
    upkeep.cancel()


async def test_a_webhook_that_is_enabled_again_delivers(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    deliverer = stage.deliverer(receiver)
    await stage.subscriptions.change(ADA, webhook.webhook_id, WebhookChange(enabled=False))
    await stage.take(Scan().started())
    await stage.subscriptions.change(ADA, webhook.webhook_id, WebhookChange(enabled=True))
    await stage.take(Scan("task-2").started())
    await deliverer.deliver_due()
    assert [one.event["subject"] for one in receiver.received] == ["task-2"]


async def test_what_was_on_its_way_to_a_disabled_webhook_has_failed(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    await stage.subscriptions.change(ADA, webhook.webhook_id, WebhookChange(enabled=False))
    await stage.deliverer(receiver).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert (delivery["state"], delivery["attempts"][0]["error"]) == ("failed", "webhook_disabled")
    assert receiver.received == []


async def test_a_test_goes_to_its_webhook_alone_whatever_that_asks_for(stage: WebhookStage, receiver: Receiver) -> None:
    tried = await stage.webhook(receiver, "scan.failed.v1")
    other = await stage.webhook(receiver, "scan.failed.v1")
    data = WebhookTest(webhook_id=tried.webhook_id, user_id="user-1", requested_at=utc_now())
    await stage.take(new_event(data, service="api", sequence=0, time=utc_now()))
    await stage.deliverer(receiver).deliver_due()
    (received,) = receiver.received
    assert received.verified(tried.secret)["type"] == "io.mailtally.webhook.test.v1"
    assert await stage.log(other) == []


async def test_after_a_rotation_both_secrets_are_good_for_a_day(stage: WebhookStage, receiver: Receiver) -> None:
    first = await stage.webhook(receiver)
    second = await stage.subscriptions.rotate(ADA, first.webhook_id)
    deliverer = stage.deliverer(receiver)
    await stage.take(Scan().started())
    await deliverer.deliver_due()
    for secret in (first.secret, second.secret):
        receiver.received[0].verified(secret)
    await stage.database["webhooks"].update_one(
        {"_id": first.webhook_id}, {"$set": {"secrets.1.until": utc_now() - dt.timedelta(seconds=1)}}
    )
    await stage.take(Scan("task-2").started())
    await deliverer.deliver_due()
    receiver.received[1].verified(second.secret)
    with pytest.raises(WebhookVerificationError):
        receiver.received[1].verified(first.secret)


async def test_a_secret_that_leaked_is_ended_by_two_rotations(stage: WebhookStage, receiver: Receiver) -> None:
    leaked = await stage.webhook(receiver)
    await stage.subscriptions.rotate(ADA, leaked.webhook_id)
    newest = await stage.subscriptions.rotate(ADA, leaked.webhook_id)
    await stage.take(Scan().started())
    await stage.deliverer(receiver).deliver_due()
    received = receiver.received[0]
    Webhook(newest.secret).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        received.verified(leaked.secret)


@asynccontextmanager
async def under_way(stage: WebhookStage, receiver: Receiver, deliverer: Deliverer) -> AsyncIterator[None]:
    """What is due is being posted, and not answered before the end."""
    answer = asyncio.Event()

    async def wait(_: Received) -> None:
        await answer.wait()

    receiver.before_answer = wait
    going = asyncio.create_task(deliverer.deliver_due())
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
    async with under_way(stage, receiver, stage.deliverer(receiver)):
        await receiver.until(17)
        assert await held(stage, user_id="user-1") == 16
        for webhook in webhooks:
            assert await held(stage, webhook_id=webhook.webhook_id) <= 4
    assert len(receiver.received) == 6 * 8 + 1


async def test_a_webhook_has_four_places_and_one_while_it_fails(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    deliverer = stage.deliverer(receiver, schedule=with_delays(3600))
    await stage.take(*(Scan(f"task-{n}").started() for n in range(8)))
    async with under_way(stage, receiver, deliverer):
        await receiver.until(4)
        assert await held(stage) == 4
    receiver.answer(500)
    await stage.take(Scan("task-f").started())
    await deliverer.deliver_due()
    await stage.take(*(Scan(f"task-g{n}").started() for n in range(8)))
    async with under_way(stage, receiver, deliverer):
        await receiver.until(10)
        assert await held(stage) == 1


async def test_two_deliverers_at_once_deliver_each_event_once(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    await stage.take(*(Scan(f"task-{n}").started() for n in range(40)))
    await asyncio.gather(*(stage.deliverer(receiver).deliver_due() for _ in range(2)))
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
    await stage.deliverer(receiver, schedule=with_delays(60), allow_private=False, **options).deliver_due()
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
    schedule = with_delays(0)
    await stage.deliverer(receiver, schedule=schedule, allow_private=False, lookup=changing).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert [one["error"] for one in delivery["attempts"]] == ["host_not_allowed"] * 2
    assert len(asked) == 2


async def test_a_long_answer_is_not_read_to_its_end(stage: WebhookStage, receiver: Receiver) -> None:
    from starlette.responses import StreamingResponse

    given = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 65_536
            await asyncio.sleep(0)

    webhook = await stage.webhook(receiver)
    receiver.answers.append(StreamingResponse(without_end()))
    await stage.take(Scan().started())
    await stage.deliverer(receiver).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert delivery["state"] == "delivered"
    assert given < 1000


async def test_what_belongs_to_a_webhook_that_is_gone_goes_too(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    await stage.database["webhooks"].delete_one({"_id": webhook.webhook_id})
    await stage.take(Scan("task-2").started())
    await stage.deliveries.forget_orphans()
    assert await stage.log(webhook) == []
    kept = await stage.webhook(receiver)
    await stage.take(Scan().started())
    await stage.deliveries.forget_orphans()
    assert len(await stage.log(kept)) == 1
