"""The protocol of a source: it lists a mailbox and reads the messages of a slice. One file for each kind."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from services.scanner.plan import Listed, Slice
from shared.reasons import ReasonCode


@dataclass(frozen=True)
class Fetched:
    """A message as the source gives it. Without `raw` it was refused, and `refused` is the ledger's reason."""

    uid: int
    size: int
    raw: bytes | None
    refused: ReasonCode | None = None


class Source(Protocol):
    """A mailbox that can be read. Both methods raise `PermanentFailure` when trying again cannot help, OSError or an
    unavailable database's errors when it can."""

    @property
    def kind(self) -> str:
        """What metrics call it: "upload"."""
        ...

    def messages(self) -> AsyncGenerator[Listed, None]:
        """Every message, folder by folder, uids ascending within each."""
        ...

    def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[Fetched, None]:
        """The messages of a slice without those in `skip`, uids ascending."""
        ...
