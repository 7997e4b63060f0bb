"""Read ranges of folders, which cursors keep so that no message is read twice or passed over. Pure.

A scan that goes back some months reads the messages that arrived since then, up to the newest one
of its time. So each scan covers a read range: up to a UID, since a day. Scans that go back
differently far leave several ranges that overlap.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.mongo import Document

_MAX_RANGES = 12


class ReadRange(NamedTuple):
    """Every message up to `uid` that arrived on the day `since` or later was read; None: on any
    day."""

    uid: int
    since: dt.date | None

    def covers(self, other: "ReadRange") -> bool:
        """Return whether all of the other lies inside this one."""
        return self.uid >= other.uid and self.reaches_back_to(other.since)

    def reaches_back_to(self, since: dt.date | None) -> bool:
        """Return whether it includes messages that arrived on the day `since`."""
        return self.since is None or (since is not None and self.since <= since)


@dataclass(frozen=True)
class FolderScanned:
    """How far a plan has listed a folder; once the run is done, all of it was read.

    `uidnext` and `modseq` are the server's, to see later whether the folder has changed. `covered`
    messages were passed over because an earlier scan had read them. Sources without dates have no
    read range.
    """

    folder: str
    uidvalidity: int
    uid: int
    read_range: ReadRange | None = None
    uidnext: int | None = None
    modseq: int | None = None
    covered: int = 0

    def to_document(self) -> Document:
        """Return the form that the run document keeps."""
        document: Document = {"folder": self.folder, "uidvalidity": self.uidvalidity, "uid": self.uid}
        if self.read_range is not None:
            document |= {
                "stretch": read_range_document(self.read_range),
                "uidnext": self.uidnext,
                "modseq": self.modseq,
            }
        return document


def merge_read_ranges(ranges: Iterable[ReadRange], new: ReadRange) -> list[ReadRange]:
    """Return all ranges without those inside another, by UID; of too many, the widest and the
    newest."""
    kept: list[ReadRange] = []
    for read_range in sorted({*ranges, new}, key=_order, reverse=True):
        if not any(other.covers(read_range) for other in kept):
            kept.append(read_range)
    kept.reverse()
    return kept if len(kept) <= _MAX_RANGES else [kept[0], *kept[1 - _MAX_RANGES :]]


def read_range_document(read_range: ReadRange) -> Document:
    """Return the stored form of a read range."""
    return {"uid": read_range.uid, "since": None if read_range.since is None else read_range.since.isoformat()}


def read_ranges_of(documents: Sequence[Document]) -> list[ReadRange]:
    """Return the read ranges of their stored forms."""
    return [
        ReadRange(document["uid"], None if document["since"] is None else dt.date.fromisoformat(document["since"]))
        for document in documents
    ]


def _order(read_range: ReadRange) -> tuple[int, int]:
    """Return the sort key: higher UIDs first, then those that go back further."""
    return read_range.uid, -(0 if read_range.since is None else read_range.since.toordinal())
