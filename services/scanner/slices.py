"""Slices: planning them from a listed mailbox, and splitting one. Pure.

What the messages are and where they lie is the source's business.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Range = tuple[int, int]
"""First and last UID, both included."""

MAX_SLICES = 2_000
"""Keeps the run document, which every progress report rewrites, small."""

MAX_UNITS = 2_400
"""Limit of slices and the parts that some were split into; with these the run document is still
under 1 MB."""


class Listed(NamedTuple):
    """A message of the mailbox: its folder and UID, and a hint by which its source finds it fast.

    The hint is that of the message `start` if that is given, a message before it.
    """

    folder: str
    uidvalidity: int
    uid: int
    position: int | None = None
    start: int | None = None


@dataclass
class Slice:
    """Consecutive messages of one folder.

    `position` is the hint of the first one, or of `start` if that is given: a part of a slice that
    was split has the hint of the whole.
    """

    folder: str
    uidvalidity: int
    position: int | None = None
    uids: list[Range] = field(default_factory=list)
    messages: int = 0
    start: int | None = None

    @property
    def uid_at_position(self) -> int:
        """Return the UID of the message that `position` is the hint of."""
        return self.uids[0][0] if self.start is None else self.start

    def add(self, uid: int) -> None:
        """Append a message whose UID is greater than all before."""
        if self.uids and self.uids[-1][1] + 1 == uid:
            self.uids[-1] = (self.uids[-1][0], uid)
        else:
            self.uids.append((uid, uid))
        self.messages += 1

    def numbers(self) -> Iterator[int]:
        """Yield every UID, ascending."""
        for first, last in self.uids:
            yield from range(first, last + 1)

    def to_document(self) -> dict[str, Any]:
        """Return the form that the run document keeps."""
        part = {} if self.start is None else {"start": self.start}
        return {
            "folder": self.folder,
            "uidvalidity": self.uidvalidity,
            "position": self.position,
            "uids": [list(pair) for pair in self.uids],
            "messages": self.messages,
            **part,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Slice":
        """Read `to_document` back."""
        return cls(
            folder=document["folder"],
            uidvalidity=document["uidvalidity"],
            position=document["position"],
            uids=[(first, last) for first, last in document["uids"]],
            messages=document["messages"],
            start=document.get("start"),
        )


def split(whole: Slice, handled: Set[int], *, parts: int) -> list[Slice]:
    """Split a slice into at most `parts` slices, with the messages that are not `handled` spread
    evenly."""
    unread = [uid for uid in whole.numbers() if uid not in handled]
    count = max(1, min(parts, len(unread)))
    borders = {unread[len(unread) * number // count] for number in range(1, count)}
    cut = [Slice(whole.folder, whole.uidvalidity, whole.position, start=whole.start)]
    for uid in whole.numbers():
        if uid in borders:
            cut.append(Slice(whole.folder, whole.uidvalidity, whole.position, start=whole.uid_at_position))
        cut[-1].add(uid)
    return cut


class SlicePlanner:
    """Takes the messages one by one, folder by folder and ascending, and plans slices of `size`
    messages.

    A mailbox too large for `most` slices gets larger ones: whenever there are too many, neighbours
    are joined and the size doubles. So a mailbox of any size is planned in one pass and in little
    memory.
    """

    def __init__(self, size: int, *, most: int = MAX_SLICES) -> None:
        self._size = size
        self._most = most
        self._slices: list[Slice] = []

    @property
    def slices(self) -> list[Slice]:
        """Return the slices planned so far."""
        return self._slices

    def add(self, message: Listed) -> None:
        """Put the next message into the slice it belongs to."""
        current = self._slices[-1] if self._slices else None
        if current is None or current.messages >= self._size or not _same_folder(current, message):
            if len(self._slices) >= self._most:
                self._join_neighbours()
            current = Slice(message.folder, message.uidvalidity, message.position, start=message.start)
            self._slices.append(current)
        current.add(message.uid)

    def _join_neighbours(self) -> None:
        self._size *= 2
        joined: list[Slice] = []
        for piece in self._slices:
            before = joined[-1] if joined else None
            if before is not None and _same_folder(before, piece) and before.messages + piece.messages <= self._size:
                _append(before, piece)
            else:
                joined.append(piece)
        if len(joined) > self._most * 9 // 10:
            # Folders are never joined: with very many of them, each message would join again.
            self._most *= 2
        self._slices = joined


def _same_folder(piece: Slice, other: Slice | Listed) -> bool:
    return (piece.folder, piece.uidvalidity) == (other.folder, other.uidvalidity)


def _append(before: Slice, piece: Slice) -> None:
    first, last = piece.uids[0]
    if before.uids[-1][1] + 1 == first:
        before.uids[-1] = (before.uids[-1][0], last)
        before.uids.extend(piece.uids[1:])
    else:
        before.uids.extend(piece.uids)
    before.messages += piece.messages
