"""Consumer of `account.secret_rotated`: secrets that a scanner replaced, as after a new refresh
token."""

import logging

from faststream.rabbit import Channel, RabbitBroker

from shared.events import AccountSecretRotated, Event
from shared.mailboxes import NOT_DELETED
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import event_handler
from shared.messaging.topology import SECRET_ROTATED
from shared.mongo import Database

logger = logging.getLogger("mailtally.api.secrets")

_PREFETCH = 20


class SecretStore:
    """Writes `source.imap.secret` of accounts."""

    def __init__(self, database: Database) -> None:
        self._accounts = database["email_accounts"]

    async def replace(self, rotated: AccountSecretRotated) -> bool:
        """Store the new secret and return True, unless the account has another one by now, or is
        gone."""
        condition = {
            "_id": rotated.account_id,
            "source.imap.secret_version": rotated.previous_version,
            **NOT_DELETED,
        }
        change = {
            "source.imap.secret": rotated.sealed_secret,
            "source.imap.secret_version": rotated.previous_version + 1,
        }
        stored = await self._accounts.update_one(condition, {"$set": change})
        return stored.matched_count == 1


def subscribe(broker: RabbitBroker, secrets: SecretStore, dead_letters: DeadLetters) -> None:
    """Register the subscriber of `api.account.secret_rotated`."""

    async def on_secret_rotated(event: Event[AccountSecretRotated], _: bool) -> None:
        is_stored = await secrets.replace(event.data)
        facts = {"event": "secret_rotated", "account_id": event.data.account_id, "stored": is_stored}
        logger.info("rotated secret received", extra=facts)

    handle = event_handler(SECRET_ROTATED, AccountSecretRotated, on_secret_rotated, dead_letters=dead_letters)
    broker.subscriber(existing_queue(SECRET_ROTATED), channel=Channel(prefetch_count=_PREFETCH))(handle)
