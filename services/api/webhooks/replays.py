"""Replays: past events, read from the event log and turned into deliveries again."""

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from services.api.webhooks.delivery_repository import DeliveryRepository, IncomingEvent
from shared.errors import MalformedEvent
from shared.events import Event, EventData, InvoiceFound, decode, utc_now
from shared.messaging.amqp_connection import CONNECTION_LOST
from shared.messaging.event_log import EventLog, EventLogStalled
from shared.mongo import UNAVAILABLE, Database, Document

logger = logging.getLogger("mailtally.webhooks")

_MAX_EVENTS = 10_000
_LEASE = dt.timedelta(minutes=2)
"""Each batch renews the lease of a replay; when it expires, another process starts over."""
_POLL_SECONDS = 1.0
_RETRY_SECONDS = 5.0

_TRANSIENT: tuple[type[Exception], ...] = (*UNAVAILABLE, *CONNECTION_LOST, EventLogStalled)


@dataclass(frozen=True)
class _Replay:
    webhook_id: str
    user_id: str
    types: frozenset[str]
    replay_id: str
    since: dt.datetime
    requested_at: dt.datetime
    task_id: str | None
    from_sequence: str | None

    @classmethod
    def of(cls, webhook: Document) -> "_Replay":
        stored = webhook["replay"]
        return cls(
            webhook_id=webhook["_id"],
            user_id=webhook["user_id"],
            types=frozenset(webhook["events"]),
            replay_id=stored["replay_id"],
            since=stored["since"],
            requested_at=stored["requested_at"],
            task_id=stored["task_id"],
            from_sequence=stored["from_sequence"],
        )

    def includes(self, event: Event[EventData]) -> bool:
        """Return whether the replay covers the event: user, type, and time or scan."""
        if getattr(event.data, "user_id", None) != self.user_id or event.routing_key not in self.types:
            return False
        if self.task_id is None:
            return event.time >= self.since
        if event.subject != self.task_id:
            return False
        is_unordered = isinstance(event.data, InvoiceFound)
        return self.from_sequence is None or is_unordered or event.sequence >= self.from_sequence


class ReplayRunner:
    """Carries out requested replays (`webhooks.replay`), each leased by one process at a time."""

    def __init__(
        self,
        database: Database,
        amqp_url: str,
        deliveries: DeliveryRepository,
        *,
        on_created: Callable[[], None],
        max_events: int = _MAX_EVENTS,
    ) -> None:
        self._webhooks = database["webhooks"]
        self._amqp_url = amqp_url
        self._deliveries = deliveries
        self._on_created = on_created
        self._max_events = max_events

    async def run(self) -> None:
        """Run replays until cancelled.

        If a server is unavailable, a replay waits until its lease expires.
        """
        while True:
            try:
                ran = await self.run_next()
            except _TRANSIENT as error:
                logger.warning(
                    "webhook replay deferred",
                    extra={"event": "webhook_replay_deferred", "reason": type(error).__name__},
                )
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if not ran:
                await asyncio.sleep(_POLL_SECONDS)

    async def run_next(self) -> bool:
        """Carry out one replay without a valid lease; return whether there was one."""
        now = utc_now()
        webhook: Document | None = await self._webhooks.find_one_and_update(
            {"replay.held_until": {"$lte": now}},
            {"$set": {"replay.held_until": now + _LEASE, "replay.state": "running"}},
        )
        if webhook is None:
            return False
        replay, number = _Replay.of(webhook), 0
        async for events, continue_since in self._batches(replay):
            await self._deliveries.add_replayed(
                replay.webhook_id, events, replay.replay_id, due=replay.requested_at, number=number
            )
            number += len(events)
            self._on_created()
            await self._update(replay, {"replay.events": number, "replay.continue_since": continue_since})
        await self._finish(replay)
        return True

    async def _batches(self, replay: _Replay) -> AsyncIterator[tuple[list[IncomingEvent], dt.datetime | None]]:
        """Yield batches of events, and with the last the time of the first beyond the limit."""
        room = self._max_events
        async with EventLog.open(self._amqp_url, replay.since) as log:
            async for bodies in log.read_new():
                wanted = [(event, body) for event, body in _decoded(bodies) if replay.includes(event)]
                continue_since = wanted[room][0].time if len(wanted) > room else None
                yield (
                    [incoming for event, body in wanted[:room] if (incoming := IncomingEvent.of(event, body))],
                    continue_since,
                )
                if continue_since is not None:
                    return
                room -= len(wanted)

    async def _update(self, replay: _Replay, changes: Document) -> None:
        this_replay = {"_id": replay.webhook_id, "replay.replay_id": replay.replay_id}
        await self._webhooks.update_one(this_replay, {"$set": {**changes, "replay.held_until": utc_now() + _LEASE}})

    async def _finish(self, replay: _Replay) -> None:
        this_replay = {"_id": replay.webhook_id, "replay.replay_id": replay.replay_id}
        done = {"$set": {"replay.state": "done", "replay.finished_at": utc_now()}, "$unset": {"replay.held_until": ""}}
        await self._webhooks.update_one(this_replay, done)


def _decoded(bodies: list[bytes]) -> list[tuple[Event[EventData], bytes]]:
    decoded = []
    for body in bodies:
        try:
            decoded.append((decode(body), body))
        except MalformedEvent as error:
            logger.warning(
                "malformed event in the event log skipped",
                extra={"event": "malformed_event_skipped", "reason": str(error)},
            )
    return decoded
