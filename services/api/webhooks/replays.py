"""Replays: events of the past, read from the stream that keeps them all, made deliveries once more."""

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from services.api.webhooks.delivery_repository import Deliveries, News
from shared.errors import MalformedEvent
from shared.events import Event, EventData, InvoiceFound, decode, utc_now
from shared.messaging.amqp_connection import CONNECTION_LOST
from shared.messaging.event_log import EventLog, EventLogStalled
from shared.mongo import UNAVAILABLE, Database, Document

logger = logging.getLogger("mailtally.webhooks")

_MOST_EVENTS = 10_000
_HELD = dt.timedelta(minutes=2)
"""A replay that says nothing for so long is begun again by whoever looks."""
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 5.0

_PASSING: tuple[type[Exception], ...] = (*UNAVAILABLE, *CONNECTION_LOST, EventLogStalled)


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
        asked = webhook["replay"]
        return cls(
            webhook_id=webhook["_id"],
            user_id=webhook["user_id"],
            types=frozenset(webhook["events"]),
            replay_id=asked["replay_id"],
            since=asked["since"],
            requested_at=asked["requested_at"],
            task_id=asked["task_id"],
            from_sequence=asked["from_sequence"],
        )

    def wants(self, event: Event[EventData]) -> bool:
        """What is the user's, was subscribed to, and is not older than asked for."""
        if getattr(event.data, "user_id", None) != self.user_id or event.routing_key not in self.types:
            return False
        if self.task_id is None:
            return event.time >= self.since
        if event.subject != self.task_id:
            return False
        is_unordered = isinstance(event.data, InvoiceFound)
        return self.from_sequence is None or is_unordered or event.sequence >= self.from_sequence


class Replays:
    """Carries out what `replay` of `webhooks` asks for; any number of processes may, each replay is held by one."""

    def __init__(
        self,
        database: Database,
        amqp_url: str,
        deliveries: Deliveries,
        *,
        made: Callable[[], None],
        most: int = _MOST_EVENTS,
    ) -> None:
        self._webhooks = database["webhooks"]
        self._amqp_url = amqp_url
        self._deliveries = deliveries
        self._made = made
        self._most = most

    async def run(self) -> None:
        """For ever; until cancelled. A server that is away puts a replay off until it is not held any more."""
        while True:
            try:
                found = await self.carry_out_next()
            except _PASSING as error:
                logger.warning("a replay is put off", extra={"reason": type(error).__name__})
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            if not found:
                await asyncio.sleep(_LOOK_SECONDS)

    async def carry_out_next(self) -> bool:
        """Carry out one replay that nobody holds; whether there was one."""
        now = utc_now()
        webhook: Document | None = await self._webhooks.find_one_and_update(
            {"replay.held_until": {"$lte": now}},
            {"$set": {"replay.held_until": now + _HELD, "replay.state": "running"}},
        )
        if webhook is None:
            return False
        replay, number = _Replay.of(webhook), 0
        async for news, oldest_left in self._found(replay):
            await self._deliveries.add_again(
                replay.webhook_id, news, replay.replay_id, due=replay.requested_at, number=number
            )
            number += len(news)
            self._made()
            await self._note(replay, {"replay.events": number, "replay.continue_since": oldest_left})
        await self._finish(replay)
        return True

    async def _found(self, replay: _Replay) -> AsyncIterator[tuple[list[News], dt.datetime | None]]:
        """What is wanted, in batches; with the last one the time of the first event for which there is no room."""
        room = self._most
        async with EventLog.open(self._amqp_url, replay.since) as log:
            async for bodies in log.read_new():
                wanted = [(event, body) for event, body in _events(bodies) if replay.wants(event)]
                left = wanted[room][0].time if len(wanted) > room else None
                yield [news for event, body in wanted[:room] if (news := News.of(event, body))], left
                if left is not None:
                    return
                room -= len(wanted)

    async def _note(self, replay: _Replay, changes: Document) -> None:
        held = {"_id": replay.webhook_id, "replay.replay_id": replay.replay_id}
        await self._webhooks.update_one(held, {"$set": {**changes, "replay.held_until": utc_now() + _HELD}})

    async def _finish(self, replay: _Replay) -> None:
        held = {"_id": replay.webhook_id, "replay.replay_id": replay.replay_id}
        done = {"$set": {"replay.state": "done", "replay.finished_at": utc_now()}, "$unset": {"replay.held_until": ""}}
        await self._webhooks.update_one(held, done)


def _events(bodies: list[bytes]) -> list[tuple[Event[EventData], bytes]]:
    found = []
    for body in bodies:
        try:
            found.append((decode(body), body))
        except MalformedEvent as error:
            logger.warning("an event of the stream is passed over", extra={"reason": str(error)})
    return found
