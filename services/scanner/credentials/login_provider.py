"""Provider of logins: from a mailbox's sealed secret to its password or an access token."""

import asyncio
import logging

from services.scanner.credentials.oauth2_providers import token_request
from services.scanner.credentials.token_cache import FetchedToken, SealedSecret, TokenCache
from services.scanner.credentials.token_client import GrantedToken, GrantRefusedError, TokenClient
from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.event_publisher import EventPublisher
from services.scanner.sources.imap.login import Login, PasswordLogin, TokenLogin
from shared.mailboxes import NOT_DELETED, ImapMailbox, MailSecret, binding
from shared.mongo import Collection
from shared.sealing import CannotOpen, Opener, Sealer

logger = logging.getLogger("mailtally.scanner.logins")

_STOP_SECONDS = 5.0
_LOOKS_AFTER_SECONDS = (0.0, 0.3, 1.0)
"""Delays before reading the account again for a secret that another scanner has reported and the
api is about to store."""


class LoginProvider:
    """`Logins` for the mailboxes of `email_accounts`, which the api writes and this only reads."""

    def __init__(self, accounts: Collection, opener: Opener, client: TokenClient, events: EventPublisher) -> None:
        self._accounts = accounts
        self._opener = opener
        self._sealer = Sealer(opener.public_key)
        self._client = client
        self._tokens = TokenCache()
        self._events = events
        self._resealed: set[SealedSecret] = set()

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:
        """Return the login of a mailbox.

        Raises `PermanentFailure` when the secret cannot be used, OSError when a token cannot be
        fetched at the moment.
        """
        stored = SealedSecret(mailbox.secret, mailbox.secret_version)
        secret = self._open(account_id, mailbox, stored)
        await self._seal_for_newest_key(account_id, stored, secret)
        if mailbox.auth == "password":
            if secret.password is None:
                raise PermanentFailure(ErrorCode.SECRET_UNREADABLE)
            return PasswordLogin(mailbox.username, secret.password)

        async def fetch(newest: SealedSecret) -> FetchedToken:
            return await self._fetch(account_id, mailbox, newest)

        return TokenLogin(mailbox.username, await self._tokens.get(account_id, stored, fetch))

    def refused(self, account_id: str, login: Login) -> bool:
        """Note that the mail server refused this login; return whether `login` may give one that
        works.

        That is so if it was a cached token, which the provider may have revoked.
        """
        return isinstance(login, TokenLogin) and self._tokens.refused(account_id, login.access_token)

    async def close(self) -> None:
        """Wait for token requests under way: a secret that they replace must not get lost."""
        await self._tokens.close(within_s=_STOP_SECONDS)
        await self._client.close()

    async def _fetch(self, account_id: str, mailbox: ImapMailbox, stored: SealedSecret) -> FetchedToken:
        secret = self._open(account_id, mailbox, stored)
        try:
            granted = await self._request_token(mailbox, secret)
        except GrantRefusedError:
            # Another scanner may have used up the refresh token, and the api have its replacement.
            renewed = await self._newer_secret(account_id, stored)
            if renewed is None:
                raise
            mailbox, stored = renewed, SealedSecret(renewed.secret, renewed.secret_version)
            secret = self._open(account_id, mailbox, stored)
            granted = await self._request_token(mailbox, secret)
        used = await self._secret_in_use(account_id, stored, secret, granted)
        return FetchedToken(granted.access_token, granted.seconds, used)

    async def _request_token(self, mailbox: ImapMailbox, secret: MailSecret) -> GrantedToken:
        if mailbox.oauth2 is None:
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=True)
        return await self._client.request_token(*token_request(mailbox.oauth2, secret))

    async def _secret_in_use(
        self, account_id: str, stored: SealedSecret, secret: MailSecret, granted: GrantedToken
    ) -> SealedSecret:
        """Return the secret to be used from now on.

        A refresh token that replaces the one used is published before the access token that came
        with it is used.
        """
        if granted.refresh_token is None or secret.refresh_token in (None, granted.refresh_token):
            return stored
        return await self._replace(
            account_id, stored, secret.model_copy(update={"refresh_token": granted.refresh_token})
        )

    async def _seal_for_newest_key(self, account_id: str, stored: SealedSecret, secret: MailSecret) -> None:
        """Seal a secret anew that is still sealed for an old key, while keys are being replaced."""
        if stored not in self._resealed and not self._opener.is_newest(stored.sealed):
            self._resealed.add(stored)
            await self._replace(account_id, stored, secret)

    async def _replace(self, account_id: str, stored: SealedSecret, secret: MailSecret) -> SealedSecret:
        replacing = SealedSecret(self._sealer.seal(secret), stored.version + 1)
        await self._events.publish_secret_rotated(account_id, stored.version, replacing.sealed)
        return replacing

    def _open(self, account_id: str, mailbox: ImapMailbox, stored: SealedSecret) -> MailSecret:
        try:
            secret = self._opener.open(stored.sealed)
        except CannotOpen as error:
            logger.error(
                "secret cannot be opened",
                extra={"event": "secret_unreadable", "account_id": account_id, "reason": str(error)},
            )
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=mailbox.auth == "xoauth2") from None
        if secret.bound_to != binding(account_id, mailbox):
            logger.error(
                "secret belongs to another mailbox", extra={"event": "secret_misplaced", "account_id": account_id}
            )
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=mailbox.auth == "xoauth2")
        return secret

    async def _newer_secret(self, account_id: str, tried: SealedSecret) -> ImapMailbox | None:
        """Return the mailbox with another secret than the one tried, if the account has one by now."""
        for delay in _LOOKS_AFTER_SECONDS:
            await asyncio.sleep(delay)
            account = await self._accounts.find_one({"_id": account_id, **NOT_DELETED}, {"source.imap": 1})
            if account is None:
                return None
            mailbox = ImapMailbox.model_validate(account["source"]["imap"])
            if mailbox.secret != tried.sealed and mailbox.secret_version >= tried.version:
                return mailbox
        return None
