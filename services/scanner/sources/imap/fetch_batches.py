"""Reads several messages with as few questions to the server as it takes. Blocking: it runs in a session's thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scanner.sources.base import Fetched
from services.scanner.sources.imap.mailbox import Mailbox
from services.scanner.sources.imap.message_assembly import Piece, Reading
from services.scanner.sources.imap.responses import Overview
from shared.ledger_reasons import ReasonCode


@dataclass(frozen=True)
class Unread:
    """A message that is to be read: part by part, or as a whole where the server's description of its parts is of no
    use. `octets` is about what it will cost."""

    overview: Overview
    reading: Reading | None
    octets: int

    @classmethod
    def of(cls, overview: Overview, most_bytes: int, *, pictures: bool = False) -> "Unread":
        """As its overview says."""
        if overview.tree is None:
            return cls(overview, None, overview.size)
        reading = Reading(overview.header, overview.tree, most_bytes, pictures)
        return cls(overview, reading, reading.octets)


def read(mailbox: Mailbox, messages: Sequence[Unread], most_bytes: int) -> list[Fetched]:
    """The messages with the parts that matter, in the same order. More than `most_bytes` of one is not read."""
    batch = _Batch(mailbox, messages, most_bytes)
    batch.read_parts()
    batch.read_whole()
    return [batch.fetched(message.overview) for message in messages]


class _Batch:
    def __init__(self, mailbox: Mailbox, messages: Sequence[Unread], most_bytes: int) -> None:
        self._mailbox = mailbox
        self._most_bytes = most_bytes
        self._readings: dict[int, Reading] = {}
        self._wholly: dict[int, bytes | None] = {}
        self._too_large: set[int] = set()
        for message in messages:
            uid, reading = message.overview.uid, message.reading
            if message.overview.size > most_bytes if reading is None else reading.is_too_large:
                self._too_large.add(uid)
            elif reading is None:
                self._wholly[uid] = None
            else:
                self._readings[uid] = reading

    def read_parts(self) -> None:
        self._take({uid: reading.first() for uid, reading in self._readings.items()})
        self._take({uid: reading.second() for uid, reading in self._readings.items()})

    def read_whole(self) -> None:
        """One byte more than is allowed tells that a message is too large, whatever the server says of its size."""
        piece = Piece("", 0, self._most_bytes + 1)
        for uid, pieces in self._mailbox.pieces({uid: [piece] for uid in self._wholly}).items():
            if len(pieces.get(piece, b"")) > self._most_bytes:
                self._too_large.add(uid)
            else:
                self._wholly[uid] = pieces.get(piece)

    def fetched(self, overview: Overview) -> Fetched:
        reading = self._readings.get(overview.uid)
        raw = self._wholly.get(overview.uid) if reading is None else reading.message()
        refused = None
        if raw is None:
            is_too_large = overview.uid in self._too_large
            refused = ReasonCode.MESSAGE_TOO_LARGE if is_too_large else ReasonCode.NOT_GIVEN_OUT
        return Fetched(overview.uid, overview.size, raw, refused, identity=overview.identity, header=overview.header)

    def _take(self, wanted: Mapping[int, Sequence[Piece]]) -> None:
        """What did not come as it was asked for is tried as a whole."""
        came = self._mailbox.pieces(wanted)
        for uid, pieces in wanted.items():
            taken = came.get(uid, {})
            if all(piece in taken for piece in pieces):
                self._readings[uid].taken |= taken
            else:
                del self._readings[uid]
                self._wholly[uid] = None
