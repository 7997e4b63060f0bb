"""How webhooks stand, as deliveries find them: working, failing since when, disabled."""

import datetime as dt
import logging
from dataclasses import dataclass

from services.api.webhooks.schemas import DisabledReason
from services.api.webhooks.signing import SecretKeeper
from shared.errors import PublishError
from shared.events import WebhookDisabled, new_event, rfc3339, utc_now
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.webhooks")


@dataclass(frozen=True)
class Target:
    """Where a webhook leads, and the keys that sign for it: the newest first."""

    url: str
    enabled: bool
    failing_since: dt.datetime | None
    sealed: tuple[bytes, ...]


class Standing:
    """Writes what becomes of `webhooks` by their deliveries; publishes `webhook.disabled`."""

    def __init__(self, database: Database, *, keeper: SecretKeeper, publisher: Publisher) -> None:
        self._webhooks = database["webhooks"]
        self._keeper = keeper
        self._publisher = publisher

    async def target(self, webhook_id: str) -> Target | None:
        """The webhook now; None if it is gone."""
        found = await self._webhooks.find_one({"_id": webhook_id})
        if found is None:
            return None
        now = utc_now()
        sealed = tuple(each["sealed"] for each in found["secrets"] if each["until"] is None or each["until"] > now)
        return Target(found["url"], found["enabled"], found["failing_since"], sealed)

    def keys(self, webhook_id: str, target: Target) -> list[bytes]:
        """What to sign with. Raises `CannotOpen`."""
        return [self._keeper.open(webhook_id, sealed) for sealed in target.sealed]

    async def works(self, webhook_id: str) -> None:
        """A delivery came through."""
        failing = {"_id": webhook_id, "failing_since": {"$ne": None}}
        await self._webhooks.update_one(failing, {"$set": {"failing_since": None}})

    async def fails(self, webhook_id: str, since: dt.datetime) -> dt.datetime | None:
        """A delivery did not come through; since when none does."""
        await self._webhooks.update_one({"_id": webhook_id, "failing_since": None}, {"$set": {"failing_since": since}})
        found = await self._webhooks.find_one({"_id": webhook_id}, {"failing_since": 1})
        return found["failing_since"] if found else None

    async def disable(self, webhook_id: str, reason: DisabledReason) -> None:
        """Deliver nothing to it any more; that it is told is owed from here on."""
        now = utc_now()
        change = {"enabled": False, "disabled_reason": reason, "disabled_at": now, "updated_at": now, "untold": True}
        changed = await self._webhooks.update_one({"_id": webhook_id, "enabled": True}, {"$set": change})
        if changed.modified_count:
            logger.warning("webhook disabled", extra={"webhook_id": webhook_id, "reason": reason})
            await self.tell()

    async def tell(self) -> None:
        """Publish what is owed; what the broker does not take stays owed."""
        async for webhook in self._webhooks.find({"untold": True}):
            try:
                await self._tell(webhook)
            except PublishError as error:
                logger.warning("told later", extra={"webhook_id": webhook["_id"], "reason": str(error)})
                return

    async def _tell(self, webhook: Document) -> None:
        at = webhook["disabled_at"]
        if at is not None:  # else it was enabled again before anybody was told
            data = WebhookDisabled(
                webhook_id=webhook["_id"],
                user_id=webhook["user_id"],
                reason=webhook["disabled_reason"],
                disabled_at=at,
            )
            await self._publisher.publish(
                new_event(data, service="api", sequence=0, time=at, discriminator=rfc3339(at)),
            )
        told = {"_id": webhook["_id"], "disabled_at": at}
        await self._webhooks.update_one(told, {"$set": {"untold": False}})
