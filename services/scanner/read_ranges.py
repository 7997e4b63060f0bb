"""How much of a folder was read: what a cursor remembers, so that nothing is read twice or passed over. Pure.

A scan that goes back some months reads the messages that arrived since then, up to the newest one of its time. So each
scan covers a stretch: up to a uid, since a day. Scans of different reach leave several stretches that overlap.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.mongo import Document

_MOST_STRETCHES = 12


class Stretch(NamedTuple):
    """Every message up to `uid` that arrived on the day `since` or later was read; None: whenever it arrived."""

    uid: int
    since: dt.date | None

    def covers(self, other: "Stretch") -> bool:
        """Whether all of the other lies inside this one."""
        return self.uid >= other.uid and self.goes_back_to(other.since)

    def goes_back_to(self, since: dt.date | None) -> bool:
        """Whether it reaches as far back."""
        return self.since is None or (since is not None and self.since <= since)


@dataclass(frozen=True)
class Mark:
    """How far a folder was listed by a plan; once the run is done, all of it was read.

    `uidnext` and `modseq` are the server's, for telling that a folder has not changed. `covered` messages were passed
    over because an earlier scan had read them. Without a stretch the source knows no dates.
    """

    folder: str
    uidvalidity: int
    uid: int
    stretch: Stretch | None = None
    uidnext: int | None = None
    modseq: int | None = None
    covered: int = 0

    def to_document(self) -> Document:
        """The form that the run document keeps."""
        document: Document = {"folder": self.folder, "uidvalidity": self.uidvalidity, "uid": self.uid}
        if self.stretch is not None:
            document |= {
                "stretch": stretch_document(self.stretch),
                "uidnext": self.uidnext,
                "modseq": self.modseq,
            }
        return document


def merged(stretches: Iterable[Stretch], new: Stretch) -> list[Stretch]:
    """All stretches together without those inside another, by uid; of too many, the widest and the newest."""
    kept: list[Stretch] = []
    for stretch in sorted({*stretches, new}, key=_order, reverse=True):
        if not any(other.covers(stretch) for other in kept):
            kept.append(stretch)
    kept.reverse()
    return kept if len(kept) <= _MOST_STRETCHES else [kept[0], *kept[1 - _MOST_STRETCHES :]]


def stretch_document(stretch: Stretch) -> Document:
    """A stretch as it is stored."""
    return {"uid": stretch.uid, "since": None if stretch.since is None else stretch.since.isoformat()}


def stretches_of(documents: Sequence[Document]) -> list[Stretch]:
    """Read `stretch_document` back."""
    return [
        Stretch(one["uid"], None if one["since"] is None else dt.date.fromisoformat(one["since"])) for one in documents
    ]


def _order(stretch: Stretch) -> tuple[int, int]:
    """Higher uids first, then those that go back further."""
    return stretch.uid, -(0 if stretch.since is None else stretch.since.toordinal())
