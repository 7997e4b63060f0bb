"""Use cases of webhooks: add, list, change, rotate the secret, remove."""

import datetime as dt
import secrets

from services.api.audit_log import AuditLog
from services.api.http.problems import Fault, Problem, not_found
from services.api.identity.tokens import Principal
from services.api.webhooks import schemas
from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.signing import SecretCipher, new_secret, printable_secret
from services.api.webhooks.url_validation import UrlNotAllowedError, validated_url
from shared.events import utc_now
from shared.mongo import Database, Document

_MAX_WEBHOOKS = 20
_OLD_SECRET_VALID_FOR = dt.timedelta(hours=24)


class WebhookService:
    """Reads and writes `webhooks`."""

    def __init__(
        self,
        database: Database,
        *,
        cipher: SecretCipher | None,
        deliveries: DeliveryRepository,
        audit: AuditLog,
        allow_private: bool,
    ) -> None:
        self._webhooks = database["webhooks"]
        self._cipher = cipher
        self._deliveries = deliveries
        self._audit = audit
        self._allow_private = allow_private

    async def add(self, who: Principal, new: schemas.NewWebhook) -> schemas.WebhookWithSecret:
        """Add a webhook and return it with its secret, which is shown only here.

        Raises `Problem` for an address that is not allowed and for too many webhooks.
        """
        cipher = self._required_cipher()
        url = self._validated(new.url)
        if await self._webhooks.count_documents({"user_id": who.user_id}, limit=_MAX_WEBHOOKS) >= _MAX_WEBHOOKS:
            raise Problem("invalid_request", f"A user can have at most {_MAX_WEBHOOKS} webhooks.")
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
            "secrets": [{"sealed": cipher.seal(webhook_id, secret), "until": None}],
            "replay": None,
            "created_at": now,
            "updated_at": now,
        }
        await self._audit.record(who, "webhook.add", webhook_id=webhook_id, events=document["events"])
        await self._webhooks.insert_one(document)
        return schemas.WebhookWithSecret(**webhook_of(document).model_dump(), secret=printable_secret(secret))

    async def list(self, user_id: str) -> schemas.Webhooks:
        """Return the user's webhooks, oldest first."""
        documents = self._webhooks.find({"user_id": user_id}).sort([("created_at", 1), ("_id", 1)])
        return schemas.Webhooks(items=[webhook_of(document) async for document in documents])

    async def find(self, user_id: str, webhook_id: str) -> schemas.Webhook:
        """Return a webhook of the user. Raises `Problem` if there is none with this id."""
        document = await self._webhooks.find_one({"_id": webhook_id, "user_id": user_id})
        if document is None:
            raise not_found()
        return webhook_of(document)

    async def change(self, who: Principal, webhook_id: str, change: schemas.WebhookChange) -> schemas.Webhook:
        """Change the given fields.

        A new address clears `failing_since`; enabling clears `disabled_reason`.
        """
        await self.find(who.user_id, webhook_id)
        now = utc_now()
        changes: Document = {"updated_at": now}
        if change.url is not None:
            changes |= {"url": self._validated(change.url), "failing_since": None}
        if change.events is not None:
            changes["events"] = list(change.events)
        if change.label is not None:
            changes["label"] = change.label
        if change.enabled is True:
            changes |= {"enabled": True, "disabled_reason": None, "disabled_at": None, "failing_since": None}
        changed_fields = sorted(changes.keys() - {"updated_at"})
        await self._audit.record(
            who, "webhook.change", webhook_id=webhook_id, fields=changed_fields, enabled=change.enabled
        )
        of_user: Document = {"_id": webhook_id, "user_id": who.user_id}
        document: Document | None = await self._webhooks.find_one_and_update(
            of_user, {"$set": changes}, return_document=True
        )
        if document is not None and change.enabled is False and document["enabled"]:
            # A webhook that was disabled for another reason keeps that reason.
            off = {"enabled": False, "disabled_reason": "by_user", "disabled_at": now}
            await self._webhooks.update_one({**of_user, "enabled": True}, {"$set": off})
            document = await self._webhooks.find_one(of_user)
        if document is None:
            raise not_found()
        return webhook_of(document)

    async def rotate(self, who: Principal, webhook_id: str) -> schemas.WebhookWithSecret:
        """Create a new secret. The previous one also signs for a day; older ones become invalid."""
        cipher = self._required_cipher()
        await self.find(who.user_id, webhook_id)
        await self._audit.record(who, "webhook.rotate_secret", webhook_id=webhook_id)
        secret, now = new_secret(), utc_now()
        new = {"sealed": cipher.seal(webhook_id, secret), "until": None}
        previous = {"sealed": {"$first": "$secrets.sealed"}, "until": now + _OLD_SECRET_VALID_FOR}
        document = await self._webhooks.find_one_and_update(
            {"_id": webhook_id, "user_id": who.user_id},
            [{"$set": {"secrets": [new, previous], "updated_at": now}}],
            return_document=True,
        )
        if document is None:
            raise not_found()
        return schemas.WebhookWithSecret(**webhook_of(document).model_dump(), secret=printable_secret(secret))

    async def remove(self, who: Principal, webhook_id: str) -> None:
        """Remove a webhook and its log.

        The worker deletes deliveries that an event adds meanwhile.
        """
        await self.find(who.user_id, webhook_id)
        await self._audit.record(who, "webhook.remove", webhook_id=webhook_id)
        await self._webhooks.delete_one({"_id": webhook_id, "user_id": who.user_id})
        await self._deliveries.delete_all(webhook_id)

    def _validated(self, url: str) -> str:
        try:
            return validated_url(url, allow_private=self._allow_private)
        except UrlNotAllowedError as error:
            fault = Fault(pointer="/url", detail=str(error))
            raise Problem("invalid_request", fault.detail, errors=[fault]) from None

    def _required_cipher(self) -> SecretCipher:
        if self._cipher is None:
            raise Problem("webhooks_off", "MAILTALLY_WEBHOOK_KEY is not set.")
        return self._cipher


def webhook_of(document: Document) -> schemas.Webhook:
    """Return the stored webhook as its user sees it."""
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
