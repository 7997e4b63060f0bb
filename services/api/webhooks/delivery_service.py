"""Use cases of a webhook's deliveries: read the log, redeliver, test, replay."""

import datetime as dt
import secrets

from services.api.http import cursors
from services.api.http.problems import Fault, Problem, not_found, unavailable
from services.api.scans.task_reader import TaskReader
from services.api.webhooks import schemas
from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.webhook_service import WebhookService
from shared.errors import PublishError
from shared.events import WebhookTest, new_event, utc_now
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document

_EVENT_LOG_RETENTION = dt.timedelta(days=90)
_OPEN_REPLAYS = ("waiting", "running")


class DeliveryService:
    """Reads and redelivers deliveries, publishes `webhook.test`, writes `webhooks.replay`."""

    def __init__(
        self,
        database: Database,
        *,
        webhooks: WebhookService,
        deliveries: DeliveryRepository,
        tasks: TaskReader,
        publisher: Publisher,
    ) -> None:
        self._collection = database["webhooks"]
        self._webhook_service = webhooks
        self._deliveries = deliveries
        self._tasks = tasks
        self._publisher = publisher

    async def page(
        self, user_id: str, webhook_id: str, *, state: schemas.State | None, limit: int, cursor: str | None
    ) -> schemas.DeliveryPage:
        """Return a page of the log, newest first."""
        await self._webhook_service.find(user_id, webhook_id)
        before = None if cursor is None else cursors.decode_time(cursor)
        found = await self._deliveries.page(webhook_id, state=state, limit=limit + 1, before=before)
        items = found[:limit]
        return schemas.DeliveryPage(
            items=[_delivery(document) for document in items],
            next_cursor=cursors.encode_time(items[-1]["created_at"], items[-1]["_id"]) if len(found) > limit else None,
        )

    async def redeliver(self, user_id: str, webhook_id: str, event_id: str) -> schemas.Delivery:
        """Deliver an event of the log once more, now, with all retries.

        Raises `Problem` if the webhook is disabled or the event is not in its log.
        """
        await self._require_enabled(user_id, webhook_id)
        document = await self._deliveries.redeliver(webhook_id, event_id)
        if document is None:
            raise not_found()
        return _delivery(document)

    async def test(self, user_id: str, webhook_id: str) -> schemas.SentTest:
        """Publish a `webhook.test` event for this webhook; it takes the path of every event."""
        await self._require_enabled(user_id, webhook_id)
        now = utc_now()
        data = WebhookTest(webhook_id=webhook_id, user_id=user_id, requested_at=now)
        event = new_event(data, service="api", sequence=0, time=now, discriminator=secrets.token_hex(16))
        try:
            await self._publisher.publish(event)
        except PublishError:
            raise unavailable("broker_unavailable") from None
        return schemas.SentTest(event_id=event.id)

    async def replay(self, user_id: str, webhook_id: str, request: schemas.ReplayRequest) -> schemas.Replay:
        """Request a replay of past events, which the webhooks process carries out.

        Raises `Problem` while another replay of this webhook is open.
        """
        await self._require_enabled(user_id, webhook_id)
        since = await self._start_of(user_id, request)
        now = utc_now()
        replay: Document = {
            "replay_id": secrets.token_hex(12),
            "state": "waiting",
            "since": max(since, now - _EVENT_LOG_RETENTION),
            "task_id": request.task_id,
            "from_sequence": None if request.from_sequence is None else request.from_sequence.zfill(20),
            "events": 0,
            "continue_since": None,
            "requested_at": now,
            "finished_at": None,
            "held_until": now,
        }
        no_open_replay = {"_id": webhook_id, "user_id": user_id, "replay.state": {"$nin": _OPEN_REPLAYS}}
        changed = await self._collection.update_one(no_open_replay, {"$set": {"replay": replay}})
        if not changed.matched_count:
            await self._webhook_service.find(user_id, webhook_id)
            raise Problem("replay_running", headers={"Retry-After": "5"})
        return schemas.Replay.model_validate(replay)

    async def _start_of(self, user_id: str, request: schemas.ReplayRequest) -> dt.datetime:
        if (request.since is None) == (request.task_id is None):
            raise _invalid("/since", "Give either since or task_id.")
        if request.since is not None:
            if request.from_sequence is not None:
                raise _invalid(
                    "/from_sequence", "from_sequence needs task_id: a sequence orders the events of one scan."
                )
            return request.since
        task = await self._tasks.find(user_id, request.task_id or "")
        if task is None:
            raise _invalid("/task_id", "You have no scan with this id.")
        return task.created_at

    async def _require_enabled(self, user_id: str, webhook_id: str) -> None:
        webhook = await self._webhook_service.find(user_id, webhook_id)
        if not webhook.enabled:
            raise Problem("webhook_disabled", 'Enable it first: PATCH {"enabled": true}.')


def _invalid(pointer: str, sentence: str) -> Problem:
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
