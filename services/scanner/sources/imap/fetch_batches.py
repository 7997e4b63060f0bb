"""Batched fetching of messages with as few commands as possible.

Blocking: it runs in a session's thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scanner.sources.base import FetchedMessage
from services.scanner.sources.imap.mailbox import Mailbox
from services.scanner.sources.imap.message_assembly import MessageAssembly, Piece
from services.scanner.sources.imap.responses import MessageOverview
from shared.ledger_reasons import ReasonCode


@dataclass(frozen=True)
class UnreadMessage:
    """A message to read: part by part, or as a whole if its structure cannot be used.

    `octets` estimates the bytes that reading will take.
    """

    overview: MessageOverview
    assembly: MessageAssembly | None
    octets: int

    @classmethod
    def of(cls, overview: MessageOverview, max_bytes: int, *, pictures: bool = False) -> "UnreadMessage":
        """Decide from its overview how a message is read."""
        if overview.tree is None:
            return cls(overview, None, overview.size)
        assembly = MessageAssembly(overview.header, overview.tree, max_bytes, pictures)
        return cls(overview, assembly, assembly.octets)


def fetch_messages(mailbox: Mailbox, messages: Sequence[UnreadMessage], max_bytes: int) -> list[FetchedMessage]:
    """Fetch the messages with the parts that matter, in the same order; at most `max_bytes` of
    each."""
    batch = _Batch(mailbox, messages, max_bytes)
    batch.fetch_parts()
    batch.fetch_whole()
    return [batch.fetched(message.overview) for message in messages]


class _Batch:
    """The messages of one call, and how each of them is read."""

    def __init__(self, mailbox: Mailbox, messages: Sequence[UnreadMessage], max_bytes: int) -> None:
        self._mailbox = mailbox
        self._max_bytes = max_bytes
        self._assemblies: dict[int, MessageAssembly] = {}
        self._whole: dict[int, bytes | None] = {}
        self._too_large: set[int] = set()
        for message in messages:
            uid, assembly = message.overview.uid, message.assembly
            if message.overview.size > max_bytes if assembly is None else assembly.is_too_large:
                self._too_large.add(uid)
            elif assembly is None:
                self._whole[uid] = None
            else:
                self._assemblies[uid] = assembly

    def fetch_parts(self) -> None:
        self._fetch({uid: assembly.first_pieces() for uid, assembly in self._assemblies.items()})
        self._fetch({uid: assembly.second_pieces() for uid, assembly in self._assemblies.items()})

    def fetch_whole(self) -> None:
        """Fetch one byte more than allowed: that shows a message that is too large, whatever size
        the server states."""
        piece = Piece("", 0, self._max_bytes + 1)
        for uid, pieces in self._mailbox.fetch_pieces({uid: [piece] for uid in self._whole}).items():
            if len(pieces.get(piece, b"")) > self._max_bytes:
                self._too_large.add(uid)
            else:
                self._whole[uid] = pieces.get(piece)

    def fetched(self, overview: MessageOverview) -> FetchedMessage:
        assembly = self._assemblies.get(overview.uid)
        raw = self._whole.get(overview.uid) if assembly is None else assembly.message()
        refused = None
        if raw is None:
            is_too_large = overview.uid in self._too_large
            refused = ReasonCode.MESSAGE_TOO_LARGE if is_too_large else ReasonCode.NOT_GIVEN_OUT
        return FetchedMessage(
            overview.uid, overview.size, raw, refused, identity=overview.identity, header=overview.header
        )

    def _fetch(self, wanted: Mapping[int, Sequence[Piece]]) -> None:
        """Fetch pieces; a message of which some did not come is read as a whole."""
        fetched = self._mailbox.fetch_pieces(wanted)
        for uid, pieces in wanted.items():
            parts = fetched.get(uid, {})
            if all(piece in parts for piece in pieces):
                self._assemblies[uid].fetched |= parts
            else:
                del self._assemblies[uid]
                self._whole[uid] = None
