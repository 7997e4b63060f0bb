"""Worker that posts due deliveries, with limits for each user, webhook and scan."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

from services.api.webhooks.delivery_repository import DeliveryRepository, InFlight, LeasedDelivery
from services.api.webhooks.endpoint_health import EndpointHealth
from services.api.webhooks.http_client import PostResult, WebhookClient
from services.api.webhooks.metrics import WebhookMetrics
from services.api.webhooks.retry_policy import RETRY_POLICY, RetryPolicy
from services.api.webhooks.schemas import Attempt, State
from services.api.webhooks.signing import signature_headers
from shared.events import utc_now
from shared.mongo import UNAVAILABLE
from shared.sealing import CannotOpen

logger = logging.getLogger("mailtally.webhooks")

_MAX_POSTS = 128
_MAX_POSTS_PER_USER = 16
_MAX_POSTS_PER_WEBHOOK = 4
_MAX_POSTS_TO_FAILING = 1
"""A failing receiver gets one post at a time, because each may last 15 seconds."""
_POLL_SECONDS = 1.0
_MAINTENANCE_SECONDS = 10.0
GRACE_SECONDS = 8.0
"""Time for running posts to end when the process stops."""
_HTTP_GONE, _RETRY_AFTER_STATUSES = 410, frozenset({429, 503})


class DeliveryWorker:
    """Leases and posts deliveries. Any number of processes can run: each delivery has one lease."""

    def __init__(
        self,
        deliveries: DeliveryRepository,
        health: EndpointHealth,
        client: WebhookClient,
        metrics: WebhookMetrics,
        *,
        retry_policy: RetryPolicy = RETRY_POLICY,
    ) -> None:
        self._deliveries = deliveries
        self._health = health
        self._client = client
        self._metrics = metrics
        self._retry_policy = retry_policy
        self._running: dict[asyncio.Task[None], LeasedDelivery] = {}
        self._failing: set[str] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for due deliveries at once, instead of at the next poll."""
        self._wake.set()

    async def run(self) -> None:
        """Post due deliveries until cancelled; running posts then get `GRACE_SECONDS` to end."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._start_due()
                except UNAVAILABLE as error:
                    logger.warning(
                        "webhook deliveries paused",
                        extra={"event": "webhook_deliveries_paused", "reason": type(error).__name__},
                    )
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
        finally:
            if self._running:
                _, unfinished = await asyncio.wait(set(self._running), timeout=GRACE_SECONDS)
                for task in unfinished:
                    task.cancel()

    async def maintain_forever(self) -> None:
        """Run periodic maintenance until cancelled.

        It updates the gauge, publishes pending `webhook.disabled` events, and deletes orphaned
        deliveries.
        """
        while True:
            try:
                self._metrics.pending.set(await self._deliveries.count_pending())
                await self._health.publish_pending()
                await self._deliveries.delete_orphans()
            except UNAVAILABLE as error:
                logger.warning(
                    "webhook maintenance deferred",
                    extra={"event": "webhook_maintenance_deferred", "reason": type(error).__name__},
                )
            await asyncio.sleep(_MAINTENANCE_SECONDS)

    async def deliver_due(self) -> None:
        """Deliver until nothing is due."""
        while await self._start_due() or self._running:
            if self._running:  # they may have ended during the query
                await asyncio.wait(set(self._running), return_when=asyncio.FIRST_COMPLETED)

    async def _start_due(self) -> bool:
        """Start posting due deliveries, up to the limits; return whether any was started."""
        started = False
        while len(self._running) < _MAX_POSTS:
            leased = await self._deliveries.lease_next(self._in_flight())
            if leased is None:
                break
            task = asyncio.create_task(self._deliver(leased), name=f"deliver {leased.event_id}")
            self._running[task] = leased
            task.add_done_callback(self._done)
            started = True
        return started

    def _in_flight(self) -> InFlight:
        leased = self._running.values()
        users = Counter(delivery.user_id for delivery in leased)
        webhooks = Counter(delivery.webhook_id for delivery in leased)
        return InFlight(
            users=[user_id for user_id, posts in users.items() if posts >= _MAX_POSTS_PER_USER],
            webhooks=[webhook_id for webhook_id, posts in webhooks.items() if posts >= self._max_posts(webhook_id)],
            subjects=[(delivery.webhook_id, delivery.subject) for delivery in leased],
        )

    def _max_posts(self, webhook_id: str) -> int:
        return _MAX_POSTS_TO_FAILING if webhook_id in self._failing else _MAX_POSTS_PER_WEBHOOK

    def _done(self, task: asyncio.Task[None]) -> None:
        leased = self._running.pop(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease expires, and the delivery is due again.
            logger.error(
                "webhook delivery failed unexpectedly",
                extra={"event": "webhook_delivery_crashed", "webhook_id": leased.webhook_id},
                exc_info=error,
            )

    async def _deliver(self, leased: LeasedDelivery) -> None:
        endpoint = await self._health.find(leased.webhook_id)
        if endpoint is None:
            self._failing.discard(leased.webhook_id)
            await self._deliveries.delete_all(leased.webhook_id)
            self._metrics.deliveries.labels("dropped").inc()
            return
        at = utc_now()
        if not endpoint.enabled:
            await self._end(leased, Attempt(at=at, status=None, duration_ms=0, error="webhook_disabled"), "failed")
            return
        try:
            signing_keys = self._health.signing_keys(leased.webhook_id, endpoint)
        except CannotOpen:
            result = PostResult(None, "secret_unreadable", 0.0)
        else:
            headers = signature_headers(signing_keys, leased.event_id, at, leased.body)
            result = await self._client.post(endpoint.url, headers, leased.body)
            self._metrics.seconds.observe(result.seconds)
        attempt = Attempt(at=at, status=result.status, duration_ms=round(result.seconds * 1000), error=result.error)
        if result.error is None:
            self._failing.discard(leased.webhook_id)
            await self._end(leased, attempt, "delivered")
            if endpoint.failing_since is not None:
                await self._health.record_success(leased.webhook_id)
        else:
            await self._failed(leased, attempt, result)

    async def _failed(self, leased: LeasedDelivery, attempt: Attempt, result: PostResult) -> None:
        self._failing.add(leased.webhook_id)
        failing_since = await self._health.record_failure(leased.webhook_id, attempt.at)
        if result.status == _HTTP_GONE:
            await self._end(leased, attempt, "failed")
            await self._health.disable(leased.webhook_id, "gone")
            return
        now = utc_now()
        next_attempt = self._retry_policy.next_attempt(
            tries=leased.tries + 1,
            first_try=leased.first_try or attempt.at,
            now=now,
            retry_after=result.retry_after if result.status in _RETRY_AFTER_STATUSES else None,
        )
        if next_attempt is not None:
            was_leased = await self._deliveries.record(leased, attempt, state="pending", next_attempt=next_attempt)
            self._metrics.deliveries.labels("retried" if was_leased else "lost").inc()
            return
        await self._end(leased, attempt, "failed")
        if self._retry_policy.should_disable(failing_since=failing_since, now=now):
            await self._health.disable(leased.webhook_id, "failing")

    async def _end(self, leased: LeasedDelivery, attempt: Attempt, state: State) -> None:
        was_leased = await self._deliveries.record(leased, attempt, state=state, next_attempt=None)
        self._metrics.deliveries.labels(state if was_leased else "lost").inc()
