"""Events of the past from the real stream, made deliveries once more."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from services.api.http.problems import Problem
from services.api.scans.task_reader import TaskReader
from services.api.webhooks.delivery_service import DeliveryService
from services.api.webhooks.schemas import Replay, ReplayRequest, WebhookWithSecret
from shared import mongo
from shared.events import rfc3339, utc_now
from tests.support.events import Scan
from tests.support.servers import TestDatabase, Vhost
from tests.support.webhook_events import an_invoice, happened, recent
from tests.support.webhook_receiver import Receiver
from tests.support.webhook_stage import WebhookStage, webhook_stage

HOUR = dt.timedelta(hours=1)
LONG_AGO = dt.timedelta(days=200)


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[WebhookStage]:
    async with webhook_stage(vhost, database) as on_created:
        yield on_created


def requests(stage: WebhookStage) -> DeliveryService:
    return DeliveryService(
        stage.database,
        webhooks=stage.webhooks,
        deliveries=stage.deliveries,
        tasks=TaskReader(stage.database),
        publisher=stage.publisher,
    )


def replay_request(*, since: dt.datetime | None, **others: str) -> ReplayRequest:
    """As it is read from JSON."""
    assert since is not None
    return ReplayRequest.model_validate({"since": rfc3339(since), **others})


async def replayed(
    stage: WebhookStage, webhook: WebhookWithSecret, request: ReplayRequest, *, max_events: int = 10_000
) -> Replay:
    await requests(stage).replay("user-1", webhook.webhook_id, request)
    assert await stage.replays(max_events=max_events).run_next()
    assert not await stage.replays().run_next()
    found = (await stage.webhooks.find("user-1", webhook.webhook_id)).replay
    assert found is not None
    return found


async def a_task(database: TestDatabase, task_id: str, at: dt.datetime) -> None:
    client = mongo.connect(database.url("administrator"), service="tests")
    document = {"_id": task_id, "task_id": task_id, "user_id": "user-1", "account_id": "account-1"}
    await client[database.name]["scanning_tasks"].insert_one({**document, "created_at": at, "updated_at": at})
    client.close()


async def test_a_new_webhook_gets_the_users_past_with_the_ids_of_then(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    mine, hers = recent("task-1"), recent("task-2", user_id="user-2")
    events = [*mine.whole(), an_invoice(mine), *hers.whole()]
    await happened(vhost, events)
    webhook = await stage.webhook(receiver)
    replay = await replayed(stage, webhook, replay_request(since=utc_now() - HOUR))
    assert (replay.state, replay.events, replay.continue_since) == ("done", 3, None)
    await stage.worker(receiver).deliver_due()
    wanted = [event for event in events if event.data.user_id == "user-1"]
    by_id = {event.id: event.to_bytes() for event in wanted}
    assert [one.event["type"].split(".")[-2] for one in receiver.received] == ["started", "completed", "found"]
    for one in receiver.received:
        assert one.verified(webhook.secret)
        assert one.body == by_id[one.headers["webhook-id"]]


async def test_what_was_delivered_is_delivered_again_and_keeps_its_log(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    scan = recent("task-1")
    webhook = await stage.webhook(receiver)
    await happened(vhost, scan.whole())
    await stage.take(*scan.whole())
    await stage.worker(receiver).deliver_due()
    await replayed(stage, webhook, replay_request(since=scan.start))
    await stage.worker(receiver).deliver_due()
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert ids[:2] == ids[2:]
    assert [len(delivery["attempts"]) for delivery in await stage.log(webhook)] == [2, 2]


async def test_of_one_scan_what_has_this_sequence_or_a_higher_one(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost, database: TestDatabase
) -> None:
    scan, other = recent("task-1"), recent("task-2")
    await happened(vhost, [*scan.whole(), an_invoice(scan), *other.whole()])
    await a_task(database, "task-1", scan.start)
    webhook = await stage.webhook(
        receiver, "scan.requested.v1", "scan.progressed.v1", "scan.completed.v1", "invoice.found.v1"
    )
    request = ReplayRequest(task_id="task-1", from_sequence="8")
    replay = await replayed(stage, webhook, request)
    assert (replay.task_id, replay.from_sequence) == ("task-1", "00000000000000000008")
    await stage.worker(receiver).deliver_due()
    assert [int(one.event["sequence"]) for one in receiver.received] == [8, 9, 20, 0]
    assert {one.event["subject"] for one in receiver.received} == {"task-1"}
    whole = await replayed(stage, webhook, ReplayRequest(task_id="task-1"))
    assert whole.events == 10


async def test_a_time_at_which_nothing_has_happened_yet_gives_nothing(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    await happened(vhost, Scan("task-1").whole())
    webhook = await stage.webhook(receiver)
    replay = await replayed(stage, webhook, replay_request(since=utc_now() + HOUR))
    assert (replay.state, replay.events) == ("done", 0)


async def test_an_empty_stream_gives_nothing(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    replay = await replayed(stage, webhook, replay_request(since=utc_now() - LONG_AGO))
    assert (replay.state, replay.events) == ("done", 0)
    assert utc_now() - replay.since < LONG_AGO


async def test_a_replay_that_is_too_long_says_where_to_go_on(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    start = utc_now()
    scans = [Scan(f"task-{n}", start=start + dt.timedelta(seconds=100 * n)) for n in range(4)]
    await happened(vhost, [scan.completed() for scan in scans])
    webhook = await stage.webhook(receiver)
    first = await replayed(stage, webhook, replay_request(since=start), max_events=3)
    assert (first.events, first.continue_since) == (3, scans[3].completed().time)
    second = await replayed(stage, webhook, replay_request(since=first.continue_since))
    assert (second.events, second.continue_since) == (1, None)


async def test_a_replay_whose_holder_died_is_done_by_another_without_posting_twice(
    stage: WebhookStage, receiver: Receiver, vhost: Vhost
) -> None:
    scan = recent("task-1")
    await happened(vhost, scan.whole())
    webhook = await stage.webhook(receiver)
    await replayed(stage, webhook, replay_request(since=scan.start))
    worker = stage.worker(receiver)
    await worker.deliver_due()
    # As it stands when the process dies before its last write.
    died = {"replay.state": "running", "replay.finished_at": None, "replay.held_until": utc_now()}
    await stage.database["webhooks"].update_one({"_id": webhook.webhook_id}, {"$set": died})
    assert await stage.replays().run_next()
    await worker.deliver_due()
    assert len(receiver.received) == 2
    found = await stage.webhooks.find("user-1", webhook.webhook_id)
    assert found.replay is not None
    assert found.replay.state == "done"


async def test_one_replay_at_a_time_and_only_of_what_is_ones_own(stage: WebhookStage, receiver: Receiver) -> None:
    webhook = await stage.webhook(receiver)
    since = replay_request(since=utc_now())
    await requests(stage).replay("user-1", webhook.webhook_id, since)
    for user, request, code in (
        ("user-1", since, "replay_running"),
        ("user-2", since, "not_found"),
        ("user-1", ReplayRequest(task_id="task-of-another"), "invalid_request"),
        ("user-1", ReplayRequest(), "invalid_request"),
        ("user-1", replay_request(since=utc_now(), task_id="t"), "invalid_request"),
        ("user-1", replay_request(since=utc_now(), from_sequence="1"), "invalid_request"),
    ):
        with pytest.raises(Problem) as refused:
            await requests(stage).replay(user, webhook.webhook_id, request)
        assert refused.value.code == code
