"""The protocol of a source: it lists a mailbox and reads the messages of a slice. One file for each kind."""

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


class Throttled(OSError):
    """The mailbox asks to be left alone for some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the mailbox asks for patience")
        self.seconds = seconds


class Busy(MailtallyError):
    """As many connections as one account may have are in use, by scans that go well: no fault of the mailbox."""


@dataclass(frozen=True)
class Scope:
    """What a scan wants of a mailbox."""

    account_id: str
    everything: bool
    """Every folder; else the inbox alone, where a mailbox has one."""
    not_before: dt.datetime | None
    full: bool
    """What was read before is read again."""

    @classmethod
    def of(cls, run: Document) -> "Scope":
        """As the run's request says."""
        asked = run["request"]
        months = asked["months"]
        return cls(
            account_id=run["account_id"],
            everything=asked["scan_type"] == "all",
            not_before=None if months is None else months_before(asked["requested_at"], months),
            full=asked["full"],
        )


@dataclass(frozen=True)
class Fetched:
    """A message as the source gives it. Without `raw` it was not read, and `refused` is the ledger's reason."""

    uid: int
    size: int
    """Of the whole message."""
    raw: bytes | None
    """The message, perhaps with only those parts that can matter."""
    refused: ReasonCode | None = None
    fetched: int | None = None
    """Bytes that it took; None: its size."""
    identity: str | None = None
    """What stays the same when the message is moved; None if the source cannot tell."""
    header: bytes = b""
    """What is known of the header of a message that was not read."""

    @property
    def octets(self) -> int:
        """Bytes that it took to read it."""
        return self.size if self.fetched is None else self.fetched


class Source(Protocol):
    """A mailbox that can be read. Both methods raise `PermanentFailure` when trying again cannot help, `Busy` when
    others are at it, OSError or an unavailable database's errors when trying again can help."""

    @property
    def kind(self) -> str:
        """What metrics call it: "upload" or "imap"."""
        ...

    @property
    def marks(self) -> Sequence[FolderScanned]:
        """After `messages` has ended: how far each folder was listed, where a source knows it better than by its
        messages."""
        ...

    @property
    def overhead(self) -> int:
        """Bytes that listing took."""
        ...

    def messages(self) -> AsyncGenerator[Listed, None]:
        """Every message that may have to be read, folder by folder, uids ascending within each."""
        ...

    def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[Fetched, None]:
        """The messages of a slice without those in `skip`, uids ascending."""
        ...
