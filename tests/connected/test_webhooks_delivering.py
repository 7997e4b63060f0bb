"""Deliveries over real TLS, on a real database and broker: as published, signed, in order, tried again."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from shared.events import EVENTS, utc_now
from tests.support.builders import sample_events
from tests.support.events import Scan
from tests.support.servers import TestDatabase, Vhost
from tests.support.webhook_receiver import Receiver, a_receiver
from tests.support.webhook_stage import WebhookStage, a_user, webhook_stage, with_delays

EVE = a_user("user-2")


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[WebhookStage]:
    async with webhook_stage(vhost, database) as on_created:
        yield on_created


async def test_an_event_arrives_as_it_was_published_with_a_signature_of_the_standard(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = await stage.webhook(receiver)
    event = Scan().started()
    await stage.take(event)
    await stage.worker(receiver).deliver_due()
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
    await stage.worker(receiver).deliver_due()
    assert [one.event["subject"] for one in receiver.received] == ["task-1"]
    assert (len(await stage.log(mine)), len(await stage.log(hers))) == (1, 0)


async def test_every_event_of_a_user_can_be_had_and_nothing_else_comes(stage: WebhookStage, receiver: Receiver) -> None:
    sample = sample_events()
    user = a_user(sample["scan.started.v1"].data.user_id)
    of_others = {"webhook.test.v1", "scan.cleanup_requested.v1"}
    types: list[Any] = [key for key in EVENTS if not key.startswith("account.") and key not in of_others]
    await stage.webhook(receiver, *types, who=user)
    await stage.take(*sample.values())
    await stage.worker(receiver).deliver_due()
    assert sorted(one.event["type"].removeprefix("io.mailtally.") for one in receiver.received) == sorted(types)


async def test_an_event_that_comes_twice_is_delivered_once(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver)
    worker = stage.worker(receiver)
    await stage.take(Scan().started(), Scan().started())
    await worker.deliver_due()
    await stage.take(Scan().started())
    await worker.deliver_due()
    assert len(receiver.received) == 1


async def test_the_events_of_a_scan_arrive_in_their_order(stage: WebhookStage, receiver: Receiver) -> None:
    await stage.webhook(receiver, "scan.started.v1", "scan.progressed.v1", "scan.completed.v1")
    await stage.take(*Scan().whole(), *Scan("task-2").whole())
    await stage.worker(receiver).deliver_due()
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
    await stage.worker(receiver).deliver_due()
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
    worker = stage.worker(receiver, retry_policy=with_delays(60, 60))
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
        await worker.deliver_due()
        after = utc_now()
        (delivery,) = [one for one in await stage.log(webhook) if one["subject"] == task]
        assert delivery["state"] == "pending"
        least, most = dt.timedelta(seconds=seconds), dt.timedelta(seconds=seconds * 1.1)
        assert before + least <= delivery["next_attempt_at"] <= after + most, task
    assert len(receiver.received) == 6


async def test_a_redirect_is_a_failure_and_is_not_followed(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    receiver.answer(307, location="https://127.0.0.1:1/elsewhere")
    await stage.take(Scan().started())
    await stage.worker(receiver, retry_policy=with_delays(60)).deliver_due()
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
    await stage.worker(receiver, retry_policy=with_delays(60), post_seconds=0.2).deliver_due()
    never.set()
    (delivery,) = await stage.log(webhook)
    assert delivery["attempts"][0]["error"] == "timeout"


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    stage: WebhookStage, receiver: Receiver, tmp_path: Path
) -> None:
    webhook = await stage.webhook(receiver)
    await stage.take(Scan().started())
    async with a_receiver(tmp_path / "other") as other:
        await stage.worker(other, retry_policy=with_delays(60)).deliver_due()
    (delivery,) = await stage.log(webhook)
    assert delivery["attempts"][0]["error"] == "tls"
    assert receiver.received == []
