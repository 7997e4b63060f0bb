"""What logs in to a mailbox, and where it comes from."""

from dataclasses import dataclass, field
from typing import Protocol

from shared.mailboxes import ImapMailbox


@dataclass(frozen=True)
class PasswordLogin:
    """LOGIN or AUTHENTICATE PLAIN."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class TokenLogin:
    """AUTHENTICATE OAUTHBEARER (RFC 7628) where the server offers it, else XOAUTH2."""

    username: str
    access_token: str = field(repr=False)


Login = PasswordLogin | TokenLogin


class Logins(Protocol):
    """Opens the secrets of mailboxes and fetches access tokens."""

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:
        """What logs in now. Raises `PermanentFailure` when the secret is of no use, OSError when a token cannot be
        fetched at the moment."""
        ...

    def refused(self, account_id: str, login: Login) -> bool:
        """The mail server refused this login: forget it. Whether another `login` may give one that works, as it may
        when an access token ran out early."""
        ...
