"""Protocol of a source, which lists a mailbox and reads the messages of a slice, and its types and
errors."""

import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.scanner.read_dates import months_before
from services.scanner.read_ranges import FolderScanned
from services.scanner.slices import Listed, Slice
from shared.errors import MailtallyError
from shared.ledger_reasons import ReasonCode
from shared.mongo import Document


class ThrottledError(OSError):
    """The mail server asks to wait for some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the mail server asks to wait")
        self.seconds = seconds


class AccountBusyError(MailtallyError):
    """Other scans use all connections that the account may have; the mailbox has no fault."""


@dataclass(frozen=True)
class Scope:
    """The part of a mailbox that a scan reads."""

    account_id: str
    everything: bool
    """Every folder; else only the inbox, if the mailbox has one."""
    not_before: dt.datetime | None
    full: bool
    """Messages that were read before are read again."""

    @classmethod
    def of(cls, run: Document) -> "Scope":
        """Return the scope of a run's request."""
        request = run["request"]
        months = request["months"]
        return cls(
            account_id=run["account_id"],
            everything=request["scan_type"] == "all",
            not_before=None if months is None else months_before(request["requested_at"], months),
            full=request["full"],
        )


@dataclass(frozen=True)
class FetchedMessage:
    """A message from a source.

    Without `raw` it was not read, and `refused` is the ledger's reason.
    """

    uid: int
    size: int
    """Of the whole message."""
    raw: bytes | None
    """The message, perhaps with only those parts that can matter."""
    refused: ReasonCode | None = None
    fetched: int | None = None
    """Bytes read for it; None: its size."""
    identity: str | None = None
    """An id that the message keeps when it is moved; None if the source has none."""
    header: bytes = b""
    """The known header fields of a message that was not read."""

    @property
    def octets(self) -> int:
        """Return the number of bytes read for the message."""
        return self.size if self.fetched is None else self.fetched


class Source(Protocol):
    """A mailbox that can be read.

    Both methods raise `PermanentFailure` when a retry cannot help, `AccountBusyError` when other
    scans use all connections, OSError or the errors of an unavailable database when a retry can
    help.
    """

    @property
    def kind(self) -> str:
        """Return its label in metrics: "upload" or "imap"."""
        ...

    @property
    def marks(self) -> Sequence[FolderScanned]:
        """Return how far each folder was listed, once `messages` has ended.

        It is empty where the messages themselves tell it.
        """
        ...

    @property
    def overhead(self) -> int:
        """Return the number of bytes read to list the mailbox."""
        ...

    def messages(self) -> AsyncGenerator[Listed, None]:
        """List the messages that may have to be read, folder by folder, uids ascending within
        each."""
        ...

    def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[FetchedMessage, None]:
        """Read the messages of a slice without those in `skip`, uids ascending."""
        ...
