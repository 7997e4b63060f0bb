"""Use cases of webhooks as their user keeps them: made, shown, changed, given a new secret, removed."""

import datetime as dt
import secrets

from services.api.audit_log import AuditLog
from services.api.http.problems import Fault, Problem, not_found
from services.api.identity.tokens import Principal
from services.api.webhooks import schemas
from services.api.webhooks.delivery_repository import Deliveries
from services.api.webhooks.signing import SecretKeeper, new_secret, shown
from services.api.webhooks.url_validation import NotAllowed, checked_url
from shared.events import utc_now
from shared.mongo import Database, Document

_MOST_WEBHOOKS = 20
_OLD_SECRET_GOOD_FOR = dt.timedelta(hours=24)


class Subscriptions:
    """Writes `webhooks`."""

    def __init__(
        self,
        database: Database,
        *,
        keeper: SecretKeeper | None,
        deliveries: Deliveries,
        audit: AuditLog,
        allow_private: bool,
    ) -> None:
        self._webhooks = database["webhooks"]
        self._keeper = keeper
        self._deliveries = deliveries
        self._audit = audit
        self._allow_private = allow_private

    async def add(self, who: Principal, new: schemas.NewWebhook) -> schemas.WebhookWithSecret:
        """A new webhook, with the secret that is shown this once."""
        keeper = self._needed_keeper()
        url = self._checked(new.url)
        if await self._webhooks.count_documents({"user_id": who.user_id}, limit=_MOST_WEBHOOKS) >= _MOST_WEBHOOKS:
            raise Problem("invalid_request", f"A user may have {_MOST_WEBHOOKS} webhooks.")
        webhook_id, secret, now = secrets.token_hex(16), new_secret(), utc_now()
        document: Document = {
            "_id": webhook_id,
            "user_id": who.user_id,
            "url": url,
            "label": new.label,
            "events": list(new.events),
            "enabled": True,
            "disabled_reason": None,
            "disabled_at": None,
            "failing_since": None,
            "untold": False,
            "secrets": [{"sealed": keeper.seal(webhook_id, secret), "until": None}],
            "replay": None,
            "created_at": now,
            "updated_at": now,
        }
        await self._audit.record(who, "webhook.add", webhook_id=webhook_id, events=document["events"])
        await self._webhooks.insert_one(document)
        return schemas.WebhookWithSecret(**webhook_of(document).model_dump(), secret=shown(secret))

    async def list(self, user_id: str) -> schemas.Webhooks:
        """The user's webhooks, oldest first."""
        found = self._webhooks.find({"user_id": user_id}).sort([("created_at", 1), ("_id", 1)])
        return schemas.Webhooks(items=[webhook_of(document) async for document in found])

    async def find(self, user_id: str, webhook_id: str) -> schemas.Webhook:
        """One webhook of the user; a `Problem` if there is none."""
        document = await self._webhooks.find_one({"_id": webhook_id, "user_id": user_id})
        if document is None:
            raise not_found()
        return webhook_of(document)

    async def change(self, who: Principal, webhook_id: str, change: schemas.WebhookChange) -> schemas.Webhook:
        """Set what is given. Another address has not failed yet; enabling takes back why it was disabled."""
        await self.find(who.user_id, webhook_id)
        now = utc_now()
        changes: Document = {"updated_at": now}
        if change.url is not None:
            changes |= {"url": self._checked(change.url), "failing_since": None}
        if change.events is not None:
            changes["events"] = list(change.events)
        if change.label is not None:
            changes["label"] = change.label
        if change.enabled is True:
            changes |= {"enabled": True, "disabled_reason": None, "disabled_at": None, "failing_since": None}
        named = sorted(changes.keys() - {"updated_at"})
        await self._audit.record(who, "webhook.change", webhook_id=webhook_id, fields=named, enabled=change.enabled)
        mine: Document = {"_id": webhook_id, "user_id": who.user_id}
        document: Document | None = await self._webhooks.find_one_and_update(
            mine, {"$set": changes}, return_document=True
        )
        if document is not None and change.enabled is False and document["enabled"]:
            # One that was disabled for a reason keeps that reason.
            off = {"enabled": False, "disabled_reason": "by_user", "disabled_at": now}
            await self._webhooks.update_one({**mine, "enabled": True}, {"$set": off})
            document = await self._webhooks.find_one(mine)
        if document is None:
            raise not_found()
        return webhook_of(document)

    async def rotate(self, who: Principal, webhook_id: str) -> schemas.WebhookWithSecret:
        """A new secret; the one before it signs beside it for a day, and any before that no more."""
        keeper = self._needed_keeper()
        await self.find(who.user_id, webhook_id)
        await self._audit.record(who, "webhook.rotate_secret", webhook_id=webhook_id)
        secret, now = new_secret(), utc_now()
        fresh = {"sealed": keeper.seal(webhook_id, secret), "until": None}
        before = {"sealed": {"$first": "$secrets.sealed"}, "until": now + _OLD_SECRET_GOOD_FOR}
        document = await self._webhooks.find_one_and_update(
            {"_id": webhook_id, "user_id": who.user_id},
            [{"$set": {"secrets": [fresh, before], "updated_at": now}}],
            return_document=True,
        )
        if document is None:
            raise not_found()
        return schemas.WebhookWithSecret(**webhook_of(document).model_dump(), secret=shown(secret))

    async def remove(self, who: Principal, webhook_id: str) -> None:
        """Remove a webhook and its log. What is made of it in this moment is found and removed by the deliverer."""
        await self.find(who.user_id, webhook_id)
        await self._audit.record(who, "webhook.remove", webhook_id=webhook_id)
        await self._webhooks.delete_one({"_id": webhook_id, "user_id": who.user_id})
        await self._deliveries.forget(webhook_id)

    def _checked(self, url: str) -> str:
        try:
            return checked_url(url, allow_private=self._allow_private)
        except NotAllowed as error:
            fault = Fault(pointer="/url", detail=f"The address {error}.")
            raise Problem("invalid_request", fault.detail, errors=[fault]) from None

    def _needed_keeper(self) -> SecretKeeper:
        if self._keeper is None:
            raise Problem("webhooks_off", "MAILTALLY_WEBHOOK_KEY is not set.")
        return self._keeper


def webhook_of(document: Document) -> schemas.Webhook:
    """A webhook as its user sees it."""
    replay = document["replay"]
    return schemas.Webhook(
        webhook_id=document["_id"],
        url=document["url"],
        label=document["label"],
        events=document["events"],
        enabled=document["enabled"],
        disabled_reason=document["disabled_reason"],
        disabled_at=document["disabled_at"],
        failing_since=document["failing_since"],
        replay=None if replay is None else schemas.Replay.model_validate(replay),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )
