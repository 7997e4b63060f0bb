"""Logins for mailboxes, and the protocol of their provider."""

from dataclasses import dataclass, field
from typing import Protocol

from shared.mailboxes import ImapMailbox


@dataclass(frozen=True)
class PasswordLogin:
    """A password, for LOGIN or AUTHENTICATE PLAIN."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class TokenLogin:
    """An access token, for AUTHENTICATE OAUTHBEARER (RFC 7628) where the server offers it, else
    XOAUTH2."""

    username: str
    access_token: str = field(repr=False)


Login = PasswordLogin | TokenLogin


class Logins(Protocol):
    """Opens the secrets of mailboxes and fetches access tokens."""

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:
        """Return the current login of an account.

        Raises `PermanentFailure` if its secret cannot be used, OSError if a token cannot be fetched
        at the moment.
        """
        ...

    def refused(self, account_id: str, login: Login) -> bool:
        """Forget a login that the mail server refused.

        Returns whether another call of `login` may give one that works, as when an access token
        expired early.
        """
        ...
