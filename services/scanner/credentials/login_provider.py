"""From the sealed secret of a mailbox to what logs in to it now: the password, or a fresh access token."""

import asyncio
import logging

from services.scanner.credentials.oauth2_providers import token_request
from services.scanner.credentials.token_cache import AccessTokens, Fetched, SealedSecret
from services.scanner.credentials.token_client import Granted, GrantRefused, TokenRequests
from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.event_publisher import Announcements
from services.scanner.sources.imap.login import Login, PasswordLogin, TokenLogin
from shared.mailboxes import NOT_DELETED, ImapMailbox, MailSecret, binding
from shared.mongo import Collection
from shared.sealing import CannotOpen, Opener, Sealer

logger = logging.getLogger("mailtally.scanner.logins")

_STOP_SECONDS = 5.0
_LOOKS_AFTER_SECONDS = (0.0, 0.3, 1.0)
"""When to look for a secret that another scanner has reported and the api is about to store."""


class MailLogins:
    """`Logins` for the mailboxes of `email_accounts`, which it reads and the api writes."""

    def __init__(
        self, accounts: Collection, opener: Opener, requests: TokenRequests, announcements: Announcements
    ) -> None:
        self._accounts = accounts
        self._opener = opener
        self._sealer = Sealer(opener.public_key)
        self._requests = requests
        self._tokens = AccessTokens()
        self._announcements = announcements
        self._resealed: set[SealedSecret] = set()

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:
        """What logs in now. Raises `PermanentFailure` when the secret is of no use, OSError when a token cannot be
        fetched at the moment."""
        stored = SealedSecret(mailbox.secret, mailbox.secret_version)
        secret = self._open(account_id, mailbox, stored)
        await self._seal_for_newest_key(account_id, stored, secret)
        if mailbox.auth == "password":
            if secret.password is None:
                raise PermanentFailure(ErrorCode.SECRET_UNREADABLE)
            return PasswordLogin(mailbox.username, secret.password)

        async def fetch(newest: SealedSecret) -> Fetched:
            return await self._fetch(account_id, mailbox, newest)

        return TokenLogin(mailbox.username, await self._tokens.get(account_id, stored, fetch))

    def refused(self, account_id: str, login: Login) -> bool:
        """The mail server refused this login. Whether another `login` may give one that works: if it was a token from
        memory, which the provider may have taken back."""
        return isinstance(login, TokenLogin) and self._tokens.refused(account_id, login.access_token)

    async def close(self) -> None:
        """Let token requests under way come to their end: a secret that they replace must not get lost."""
        await self._tokens.close(within_s=_STOP_SECONDS)
        await self._requests.close()

    async def _fetch(self, account_id: str, mailbox: ImapMailbox, stored: SealedSecret) -> Fetched:
        secret = self._open(account_id, mailbox, stored)
        try:
            granted = await self._ask(mailbox, secret)
        except GrantRefused:
            # Another scanner may have used the refresh token up, and the api have the one that replaced it.
            found = await self._stored_meanwhile(account_id, stored)
            if found is None:
                raise
            mailbox, stored = found, SealedSecret(found.secret, found.secret_version)
            secret = self._open(account_id, mailbox, stored)
            granted = await self._ask(mailbox, secret)
        used = await self._kept(account_id, stored, secret, granted)
        return Fetched(granted.access_token, granted.seconds, used)

    async def _ask(self, mailbox: ImapMailbox, secret: MailSecret) -> Granted:
        if mailbox.oauth2 is None:
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=True)
        return await self._requests.ask(*token_request(mailbox.oauth2, secret))

    async def _kept(self, account_id: str, stored: SealedSecret, secret: MailSecret, granted: Granted) -> SealedSecret:
        """The secret to be used from now on. A refresh token that replaces the one used is reported before anything is
        done with what came with it."""
        if granted.refresh_token is None or secret.refresh_token in (None, granted.refresh_token):
            return stored
        return await self._replace(
            account_id, stored, secret.model_copy(update={"refresh_token": granted.refresh_token})
        )

    async def _seal_for_newest_key(self, account_id: str, stored: SealedSecret, secret: MailSecret) -> None:
        """While the key is replaced: whatever is still sealed for the old one is sealed anew at its next use."""
        if stored not in self._resealed and not self._opener.is_newest(stored.sealed):
            self._resealed.add(stored)
            await self._replace(account_id, stored, secret)

    async def _replace(self, account_id: str, stored: SealedSecret, secret: MailSecret) -> SealedSecret:
        replacing = SealedSecret(self._sealer.seal(secret), stored.version + 1)
        await self._announcements.secret_rotated(account_id, stored.version, replacing.sealed)
        return replacing

    def _open(self, account_id: str, mailbox: ImapMailbox, stored: SealedSecret) -> MailSecret:
        try:
            secret = self._opener.open(stored.sealed)
        except CannotOpen as error:
            logger.error("a secret cannot be opened", extra={"account_id": account_id, "reason": str(error)})
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=mailbox.auth == "xoauth2") from None
        if secret.bound_to != binding(account_id, mailbox):
            logger.error("a secret belongs to another mailbox", extra={"account_id": account_id})
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=mailbox.auth == "xoauth2")
        return secret

    async def _stored_meanwhile(self, account_id: str, tried: SealedSecret) -> ImapMailbox | None:
        """The mailbox with another secret than the one tried, if the account has one by now."""
        for delay in _LOOKS_AFTER_SECONDS:
            await asyncio.sleep(delay)
            account = await self._accounts.find_one({"_id": account_id, **NOT_DELETED}, {"source.imap": 1})
            if account is None:
                return None
            mailbox = ImapMailbox.model_validate(account["source"]["imap"])
            if mailbox.secret != tried.sealed and mailbox.secret_version >= tried.version:
                return mailbox
        return None
