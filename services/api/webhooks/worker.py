"""The loop that posts what is due: many webhooks at once, a few posts of each, one of each scan."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

from services.api.webhooks.delivery_repository import Busy, Deliveries, Held
from services.api.webhooks.endpoint_health import Standing
from services.api.webhooks.http_client import Answer, Sender
from services.api.webhooks.metrics import WebhookMetrics
from services.api.webhooks.retry_policy import SCHEDULE, Schedule
from services.api.webhooks.schemas import Attempt, State
from services.api.webhooks.signing import signature_headers
from shared.events import utc_now
from shared.mongo import UNAVAILABLE
from shared.sealing import CannotOpen

logger = logging.getLogger("mailtally.webhooks")

_AT_ONCE = 128
_AT_ONCE_OF_USER = 16
_AT_ONCE_OF_WEBHOOK = 4
_AT_ONCE_OF_FAILING = 1
"""Receivers that do not answer hold a place for 15 seconds each: they must not hold all of them."""
_POLL_SECONDS = 1.0
_UPKEEP_SECONDS = 10.0
GRACE_SECONDS = 8.0
"""So long what is being posted may take to be answered when the process stops."""
_GONE, _ASK_LATER = 410, frozenset({429, 503})


class Deliverer:
    """Posts deliveries. Any number of processes may: each delivery is held by one, for as long as a post may take."""

    def __init__(
        self,
        deliveries: Deliveries,
        standing: Standing,
        sender: Sender,
        metrics: WebhookMetrics,
        *,
        schedule: Schedule = SCHEDULE,
    ) -> None:
        self._deliveries = deliveries
        self._standing = standing
        self._sender = sender
        self._metrics = metrics
        self._schedule = schedule
        self._under_way: dict[asyncio.Task[None], Held] = {}
        self._failing: set[str] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something due."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever; until cancelled, when what is under way is given a little time."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._start_due()
                except UNAVAILABLE as error:
                    logger.warning("nothing is delivered now", extra={"reason": type(error).__name__})
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
        finally:
            if self._under_way:
                _, late = await asyncio.wait(set(self._under_way), timeout=GRACE_SECONDS)
                for task in late:
                    task.cancel()

    async def keep_up(self) -> None:
        """What nobody waits for: counts, events that are owed, remains; until cancelled."""
        while True:
            try:
                self._metrics.pending.set(await self._deliveries.pending())
                await self._standing.tell()
                await self._deliveries.forget_orphans()
            except UNAVAILABLE as error:
                logger.warning("upkeep is put off", extra={"reason": type(error).__name__})
            await asyncio.sleep(_UPKEEP_SECONDS)

    async def deliver_due(self) -> None:
        """Deliver until nothing is due any more."""
        while await self._start_due() or self._under_way:
            if self._under_way:  # it may have ended while more was looked for
                await asyncio.wait(set(self._under_way), return_when=asyncio.FIRST_COMPLETED)

    async def _start_due(self) -> bool:
        """Take what is due and begin to post it, as far as there are places; whether anything was begun."""
        began = False
        while len(self._under_way) < _AT_ONCE:
            held = await self._deliveries.hold(self._busy())
            if held is None:
                break
            task = asyncio.create_task(self._deliver(held), name=f"deliver {held.event_id}")
            self._under_way[task] = held
            task.add_done_callback(self._done)
            began = True
        return began

    def _busy(self) -> Busy:
        held = self._under_way.values()
        users = Counter(each.user_id for each in held)
        webhooks = Counter(each.webhook_id for each in held)
        return Busy(
            users=[user_id for user_id, posts in users.items() if posts >= _AT_ONCE_OF_USER],
            webhooks=[webhook_id for webhook_id, posts in webhooks.items() if posts >= self._share(webhook_id)],
            subjects=[(each.webhook_id, each.subject) for each in held],
        )

    def _share(self, webhook_id: str) -> int:
        return _AT_ONCE_OF_FAILING if webhook_id in self._failing else _AT_ONCE_OF_WEBHOOK

    def _done(self, task: asyncio.Task[None]) -> None:
        held = self._under_way.pop(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # It is held until its time is over, and then tried again.
            logger.error("a delivery broke off", extra={"webhook_id": held.webhook_id}, exc_info=error)

    async def _deliver(self, held: Held) -> None:
        target = await self._standing.target(held.webhook_id)
        if target is None:
            self._failing.discard(held.webhook_id)
            await self._deliveries.forget(held.webhook_id)
            self._metrics.deliveries.labels("dropped").inc()
            return
        at = utc_now()
        if not target.enabled:
            await self._end(held, Attempt(at=at, status=None, duration_ms=0, error="webhook_disabled"), "failed")
            return
        try:
            keys = self._standing.keys(held.webhook_id, target)
        except CannotOpen:
            answer = Answer(None, "secret_unreadable", 0.0)
        else:
            headers = signature_headers(keys, held.event_id, at, held.body)
            answer = await self._sender.post(target.url, headers, held.body)
            self._metrics.seconds.observe(answer.seconds)
        attempt = Attempt(at=at, status=answer.status, duration_ms=round(answer.seconds * 1000), error=answer.error)
        if answer.error is None:
            self._failing.discard(held.webhook_id)
            await self._end(held, attempt, "delivered")
            if target.failing_since is not None:
                await self._standing.works(held.webhook_id)
        else:
            await self._failed(held, attempt, answer)

    async def _failed(self, held: Held, attempt: Attempt, answer: Answer) -> None:
        self._failing.add(held.webhook_id)
        failing_since = await self._standing.fails(held.webhook_id, attempt.at)
        if answer.status == _GONE:
            await self._end(held, attempt, "failed")
            await self._standing.disable(held.webhook_id, "gone")
            return
        now = utc_now()
        next_attempt = self._schedule.next_attempt(
            tries=held.tries + 1,
            first_try=held.first_try or attempt.at,
            now=now,
            asked_for=answer.retry_after if answer.status in _ASK_LATER else None,
        )
        if next_attempt is not None:
            is_mine = await self._deliveries.record(held, attempt, state="pending", next_attempt=next_attempt)
            self._metrics.deliveries.labels("retried" if is_mine else "lost").inc()
            return
        await self._end(held, attempt, "failed")
        if self._schedule.is_steady(failing_since=failing_since, now=now):
            await self._standing.disable(held.webhook_id, "failing")

    async def _end(self, held: Held, attempt: Attempt, state: State) -> None:
        is_mine = await self._deliveries.record(held, attempt, state=state, next_attempt=None)
        self._metrics.deliveries.labels(state if is_mine else "lost").inc()
