"""Endpoint health of webhooks: working, failing since a time, disabled."""

import datetime as dt
import logging
from dataclasses import dataclass

from services.api.webhooks.schemas import DisabledReason
from services.api.webhooks.signing import SecretCipher
from shared.errors import PublishError
from shared.events import WebhookDisabled, new_event, rfc3339, utc_now
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.webhooks")


@dataclass(frozen=True)
class Endpoint:
    """The address of a webhook and the sealed secrets that sign for it, newest first."""

    url: str
    enabled: bool
    failing_since: dt.datetime | None
    sealed: tuple[bytes, ...]


class EndpointHealth:
    """Records successes and failures in `webhooks`; disables webhooks that keep failing."""

    def __init__(self, database: Database, *, cipher: SecretCipher, publisher: Publisher) -> None:
        self._webhooks = database["webhooks"]
        self._cipher = cipher
        self._publisher = publisher

    async def find(self, webhook_id: str) -> Endpoint | None:
        """Return the webhook as it is stored now; None if it was removed."""
        document = await self._webhooks.find_one({"_id": webhook_id})
        if document is None:
            return None
        now = utc_now()
        sealed = tuple(
            secret["sealed"] for secret in document["secrets"] if secret["until"] is None or secret["until"] > now
        )
        return Endpoint(document["url"], document["enabled"], document["failing_since"], sealed)

    def signing_keys(self, webhook_id: str, endpoint: Endpoint) -> list[bytes]:
        """Return the keys to sign with. Raises `CannotOpen`."""
        return [self._cipher.open(webhook_id, sealed) for sealed in endpoint.sealed]

    async def record_success(self, webhook_id: str) -> None:
        """End the period of failures, if there is one."""
        failing = {"_id": webhook_id, "failing_since": {"$ne": None}}
        await self._webhooks.update_one(failing, {"$set": {"failing_since": None}})

    async def record_failure(self, webhook_id: str, since: dt.datetime) -> dt.datetime | None:
        """Record a failed delivery; return since when all deliveries have failed."""
        await self._webhooks.update_one({"_id": webhook_id, "failing_since": None}, {"$set": {"failing_since": since}})
        document = await self._webhooks.find_one({"_id": webhook_id}, {"failing_since": 1})
        return document["failing_since"] if document else None

    async def disable(self, webhook_id: str, reason: DisabledReason) -> None:
        """Disable the webhook and publish `webhook.disabled`, later without a broker."""
        now = utc_now()
        change = {"enabled": False, "disabled_reason": reason, "disabled_at": now, "updated_at": now, "untold": True}
        changed = await self._webhooks.update_one({"_id": webhook_id, "enabled": True}, {"$set": change})
        if changed.modified_count:
            logger.warning(
                "webhook disabled", extra={"event": "webhook_disabled", "webhook_id": webhook_id, "reason": reason}
            )
            await self.publish_pending()

    async def publish_pending(self) -> None:
        """Publish `webhook.disabled` for webhooks that still lack it; stop at the first failure."""
        async for webhook in self._webhooks.find({"untold": True}):
            try:
                await self._publish_disabled(webhook)
            except PublishError as error:
                logger.warning(
                    "webhook.disabled event deferred",
                    extra={"event": "webhook_disabled_deferred", "webhook_id": webhook["_id"], "reason": str(error)},
                )
                return

    async def _publish_disabled(self, webhook: Document) -> None:
        disabled_at = webhook["disabled_at"]
        if disabled_at is not None:  # None: it was enabled again before the event was published
            data = WebhookDisabled(
                webhook_id=webhook["_id"],
                user_id=webhook["user_id"],
                reason=webhook["disabled_reason"],
                disabled_at=disabled_at,
            )
            await self._publisher.publish(
                new_event(data, service="api", sequence=0, time=disabled_at, discriminator=rfc3339(disabled_at)),
            )
        unchanged = {"_id": webhook["_id"], "disabled_at": disabled_at}
        await self._webhooks.update_one(unchanged, {"$set": {"untold": False}})
