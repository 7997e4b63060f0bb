"""Accounts on mail servers, as requests to the api and as stored documents."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from shared.events import utc_now
from shared.mailboxes import ImapMailbox, MailSecret, OAuth2, binding
from shared.mongo import Database
from shared.sealing import Sealer
from tests.support.keys import PUBLIC_KEY

USER = "user-1"
PASSWORD = "correct horse battery staple"
SOURCE = {"kind": "imap", "host": "imap.example.com", "username": "ada@example.com", "password": PASSWORD}
"""A request that adds an account."""


@dataclass
class StoredAccount:
    """An account and its mailbox; `seal` gives it another secret."""

    account_id: str
    mailbox: ImapMailbox
    user_id: str = USER
    sealer: Sealer = field(default_factory=lambda: Sealer(PUBLIC_KEY))

    def seal(self, *, version: int = 1, **secret: Any) -> None:
        sealed = self.sealer.seal(MailSecret(bound_to=binding(self.account_id, self.mailbox), **secret))
        self.mailbox = self.mailbox.model_copy(update={"secret": sealed, "secret_version": version})

    async def store(self, database: Database) -> None:
        now = utc_now()
        source = {"kind": "imap", "imap": self.mailbox.model_dump(), "secret_at": now}
        document = {"user_id": self.user_id, "label": "a", "source": source, "created_at": now, "updated_at": now}
        await database["email_accounts"].replace_one({"_id": self.account_id}, document, upsert=True)


def an_account(
    *,
    host: str = "imap.example.test",
    port: int = 993,
    oauth2: OAuth2 | None = None,
    user_id: str = USER,
    **secret: Any,
) -> StoredAccount:
    """Add an account that logs in by tokens with `oauth2`, else by its password."""
    mailbox = ImapMailbox(
        host=host,
        port=port,
        security="tls",
        username="ada@example.test",
        auth="password" if oauth2 is None else "xoauth2",
        oauth2=oauth2,
        secret="",
    )
    account = StoredAccount(f"account-{uuid.uuid4().hex[:8]}", mailbox, user_id)
    account.seal(**secret)
    return account
