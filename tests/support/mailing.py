"""Mail users, their mail program, and a scanner's settings for the tests' mail server."""

import imaplib
import re
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imapclient.imap_utf7 import encode

from tests.support.dovecot import HOST, PASSWORD, MailServer


def a_user() -> str:
    """Return a new user; the mailbox is created by the first message or login."""
    return f"user-{secrets.token_hex(6)}"


def mail_settings(server: MailServer, **changes: Any) -> dict[str, Any]:
    """Return settings of a scanner that may connect to the server."""
    return {
        "allow_private_mail_hosts": True,
        "mail_ports": f"{server.port},{server.tls_port}",
        "mail_ca": server.authority,
        **changes,
    }


class Hands:
    """A user's mail program, which can do everything that a scanner must never do."""

    def __init__(self, connection: imaplib.IMAP4_SSL) -> None:
        self._connection = connection

    def create(self, folder: str) -> None:
        self._done(self._connection.create(_name(folder)))

    def delete(self, folder: str) -> None:
        self._done(self._connection.delete(_name(folder)))

    def append(self, message: bytes, folder: str = "INBOX", *, flags: str = "", at: float | None = None) -> None:
        """Append a message; `at` is its time of arrival, in seconds since 1970."""
        date = imaplib.Time2Internaldate(at) if at is not None else ""
        self._done(self._connection.append(_name(folder), flags, date, message))

    def move(self, uid: int, source: str, target: str) -> None:
        self._done(self._connection.select(_name(source)))
        self._done(self._connection.uid("MOVE", str(uid), _name(target)))
        self._connection.close()

    def expunge(self, uid: int, folder: str = "INBOX") -> None:
        self._done(self._connection.select(_name(folder)))
        self._done(self._connection.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)"))
        self._done(self._connection.expunge())
        self._connection.close()

    def standing(self, folder: str = "INBOX") -> dict[str, Any]:
        """Return all that a reader could change: flags, recent messages, the highest
        mod-sequence."""
        self._connection.enable("CONDSTORE")
        status = self._done(self._connection.status(_name(folder), "(MESSAGES RECENT UNSEEN HIGHESTMODSEQ)"))
        self._done(self._connection.select(_name(folder), readonly=True))
        lines = self._done(self._connection.uid("FETCH", "1:*", "(FLAGS MODSEQ)"))
        self._connection.unselect()
        return {"status": status, "messages": sorted(re.sub(rb"^\d+ ", b"", line) for line in lines if line)}

    @staticmethod
    def _done(answer: tuple[str, list[Any]]) -> list[Any]:
        kind, data = answer
        if kind != "OK":
            raise AssertionError(f"the mail server refused: {data!r}")
        return data


@contextmanager
def hands(server: MailServer, user: str) -> Iterator[Hands]:
    """Open a connection that is logged in as the user."""
    context = ssl.create_default_context(cadata=server.authority)
    with imaplib.IMAP4_SSL(HOST, server.tls_port, ssl_context=context) as connection:
        connection.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        yield Hands(connection)


def _name(folder: str) -> str:
    encoded: bytes = encode(folder)
    return '"' + encoded.decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'
