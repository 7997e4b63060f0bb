"""Use cases of one webhook's deliveries: the log, one of them again, a test, a replay."""

import datetime as dt
import secrets

from services.api.http import cursors
from services.api.http.problems import Fault, Problem, not_found, unavailable
from services.api.scans.task_reader import TaskReader
from services.api.webhooks import schemas
from services.api.webhooks.delivery_repository import Deliveries
from services.api.webhooks.subscriptions import Subscriptions
from shared.errors import PublishError
from shared.events import WebhookTest, new_event, utc_now
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document

_STREAM_KEEPS = dt.timedelta(days=90)
_OPEN_REPLAYS = ("waiting", "running")


class DeliveryRequests:
    """Reads and renews deliveries, publishes `webhook.test`, writes `replay` of `webhooks`."""

    def __init__(
        self,
        database: Database,
        *,
        subscriptions: Subscriptions,
        deliveries: Deliveries,
        tasks: TaskReader,
        publisher: Publisher,
    ) -> None:
        self._webhooks = database["webhooks"]
        self._subscriptions = subscriptions
        self._deliveries = deliveries
        self._tasks = tasks
        self._publisher = publisher

    async def page(
        self, user_id: str, webhook_id: str, *, state: schemas.State | None, limit: int, cursor: str | None
    ) -> schemas.DeliveryPage:
        """The log, newest first."""
        await self._subscriptions.find(user_id, webhook_id)
        before = None if cursor is None else cursors.decode_time(cursor)
        found = await self._deliveries.page(webhook_id, state=state, limit=limit + 1, before=before)
        items = found[:limit]
        return schemas.DeliveryPage(
            items=[_delivery(document) for document in items],
            next_cursor=cursors.encode_time(items[-1]["created_at"], items[-1]["_id"]) if len(found) > limit else None,
        )

    async def redeliver(self, user_id: str, webhook_id: str, event_id: str) -> schemas.Delivery:
        """Deliver an event of the log once more, now, with all its retries."""
        await self._enabled(user_id, webhook_id)
        document = await self._deliveries.again(webhook_id, event_id)
        if document is None:
            raise not_found()
        return _delivery(document)

    async def test(self, user_id: str, webhook_id: str) -> schemas.SentTest:
        """Publish an event for this webhook alone; it takes the way that every event takes."""
        await self._enabled(user_id, webhook_id)
        now = utc_now()
        data = WebhookTest(webhook_id=webhook_id, user_id=user_id, requested_at=now)
        event = new_event(data, service="api", sequence=0, time=now, discriminator=secrets.token_hex(16))
        try:
            await self._publisher.publish(event)
        except PublishError:
            raise unavailable("broker_unavailable") from None
        return schemas.SentTest(event_id=event.id)

    async def replay(self, user_id: str, webhook_id: str, wish: schemas.ReplayWish) -> schemas.Replay:
        """Ask for events of the past; the deliverer finds them. One at a time for each webhook."""
        await self._enabled(user_id, webhook_id)
        since = await self._since(user_id, wish)
        now = utc_now()
        replay: Document = {
            "replay_id": secrets.token_hex(12),
            "state": "waiting",
            "since": max(since, now - _STREAM_KEEPS),
            "task_id": wish.task_id,
            "from_sequence": None if wish.from_sequence is None else wish.from_sequence.zfill(20),
            "events": 0,
            "continue_since": None,
            "requested_at": now,
            "finished_at": None,
            "held_until": now,
        }
        free = {"_id": webhook_id, "user_id": user_id, "replay.state": {"$nin": _OPEN_REPLAYS}}
        changed = await self._webhooks.update_one(free, {"$set": {"replay": replay}})
        if not changed.matched_count:
            await self._subscriptions.find(user_id, webhook_id)
            raise Problem("replay_running", headers={"Retry-After": "5"})
        return schemas.Replay.model_validate(replay)

    async def _since(self, user_id: str, wish: schemas.ReplayWish) -> dt.datetime:
        if (wish.since is None) == (wish.task_id is None):
            raise _wrong("/since", "Give either since or task_id.")
        if wish.since is not None:
            if wish.from_sequence is not None:
                raise _wrong("/from_sequence", "A sequence counts the events of one scan: give task_id with it.")
            return wish.since
        task = await self._tasks.find(user_id, wish.task_id or "")
        if task is None:
            raise _wrong("/task_id", "You have no such scan.")
        return task.created_at

    async def _enabled(self, user_id: str, webhook_id: str) -> None:
        webhook = await self._subscriptions.find(user_id, webhook_id)
        if not webhook.enabled:
            raise Problem("webhook_disabled", 'Enable it first: PATCH {"enabled": true}.')


def _wrong(pointer: str, sentence: str) -> Problem:
    return Problem("invalid_request", sentence, errors=[Fault(pointer=pointer, detail=sentence)])


def _delivery(document: Document) -> schemas.Delivery:
    return schemas.Delivery(
        event_id=document["event_id"],
        type=document["type"],
        subject=document["subject"],
        sequence=document["sequence"],
        state=document["state"],
        attempts=document["attempts"],
        next_attempt_at=document["next_attempt_at"],
        created_at=document["created_at"],
    )
