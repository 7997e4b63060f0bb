"""Parsers for the responses of a mail server.

Pure; nothing that a server sends may raise anything else than stated.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from services.scanner.sources.imap.folders import Folder, parse_folder, parse_sequence_set
from services.scanner.sources.imap.message_assembly import Piece
from services.scanner.sources.imap.response_reader import ResponsePart, UntaggedResponse
from services.scanner.sources.imap.structure import InvalidStructureError, Node, parse_structure

_UID = re.compile(rb"\bUID (\d+)")
_SECTION = re.compile(r"BODY\[([^\]]*)\](?:<(\d+)>)?")
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?\S", re.IGNORECASE | re.MULTILINE)
_PARSING_FAILED = (ProtocolError, ValueError, TypeError, IndexError, RecursionError)


class FolderStatus(NamedTuple):
    """A folder's STATUS; None for a value that the server does not give."""

    uidvalidity: int
    uidnext: int | None
    messages: int | None
    modseq: int | None


@dataclass(frozen=True)
class MessageOverview:
    """The items that are fetched of every message.

    `tree` is None if its structure cannot be used.
    """

    uid: int
    size: int
    header: bytes
    tree: Node | None
    identity: str | None


@dataclass
class FetchResult:
    """The items that were fetched, by uid and name; `refused` are the messages that the server does
    not give out."""

    items: dict[int, dict[str, object]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)


def collect_fetched(responses: Sequence[UntaggedResponse], result: FetchResult) -> None:
    """Add FETCH responses to `result` by uid.

    One without a uid reports a changed flag and answers no command.
    """
    for response in responses:
        if response.kind != "FETCH":
            continue
        try:
            _, items = parse_response(response.parts)
            named = {
                str(name, "utf-8", "replace").upper(): value
                for name, value in zip(items[::2], items[1::2], strict=True)
            }
            uid = named["UID"]
        except (*_PARSING_FAILED, KeyError):
            uid, named = _find_uid(response.parts), {}
        if isinstance(uid, int):
            result.items.setdefault(uid, {}).update(named)


def _find_uid(parts: Sequence[ResponsePart]) -> int | None:
    """Return the uid of a response that cannot be parsed, if it can be found."""
    for part in parts:
        match = _UID.search(part[0] if isinstance(part, tuple) else part)
        if match is not None:
            return int(match[1])
    return None


def parse_overview(uid: int, items: Mapping[str, object]) -> MessageOverview:
    """Return the overview of a message from the items that came, whichever they are."""
    header = next((value for name, value in items.items() if name.startswith("BODY[HEADER.FIELDS")), None)
    size = items.get("RFC822.SIZE")
    tree: Node | None = None
    if isinstance(header, bytes):
        try:
            tree = parse_structure(items.get("BODYSTRUCTURE"))
        except InvalidStructureError:
            tree = None
    header = header if isinstance(header, bytes) else b""
    size = size if isinstance(size, int) else 0
    return MessageOverview(uid, size, header, tree, _identity(items, header, size))


def _identity(items: Mapping[str, object], header: bytes, size: int) -> str | None:
    """Return what a message keeps when it is moved: the server's id, else a digest of its header
    fields and size."""
    email_id, gmail_id = items.get("EMAILID"), items.get("X-GM-MSGID")
    if isinstance(email_id, tuple) and email_id:
        return f"e{_as_text(email_id[0])}"
    if isinstance(gmail_id, int):
        return f"g{gmail_id}"
    if _MESSAGE_ID.search(header) is None:
        return None
    return "h" + hashlib.sha256(header + b"%d" % size).hexdigest()[:32]


def _as_text(value: object) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def match_pieces(items: Mapping[str, object], requested: Sequence[Piece]) -> dict[Piece, bytes]:
    """Return the requested pieces that a response holds; NIL is an empty one."""
    sections: dict[tuple[str, int], bytes] = {}
    for name, value in items.items():
        match = _SECTION.fullmatch(name)
        if match is not None:
            content = value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
            sections[_normalised(match[1]), int(match[2] or 0)] = content
    came = ((piece, sections.get((_normalised(piece.section), piece.offset))) for piece in requested)
    return {piece: content[: piece.octets] for piece, content in came if content is not None}


def _normalised(section: str) -> str:
    """Return a section in one spelling: each server repeats the names of header fields in its own
    way."""
    return re.sub(r'["\s]+', " ", section).upper().strip()


def parse_list(response: UntaggedResponse) -> Folder | None:
    """Return the folder of a LIST response; None if the response is another one or broken."""
    if response.kind != "LIST":
        return None
    try:
        flags, delimiter, raw = parse_response(response.parts)[:3]
    except _PARSING_FAILED:
        return None
    return parse_folder(flags, delimiter, raw)


def parse_status(responses: Sequence[UntaggedResponse]) -> FolderStatus:
    """Return the values of STATUS responses for one folder."""
    items: dict[str, object] = {}
    for response in responses:
        try:
            pairs = parse_response(response.parts)[-1]
            items |= {_as_text(name).upper(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        except _PARSING_FAILED:
            continue
    values = {name: value for name, value in items.items() if isinstance(value, int)}
    return FolderStatus(
        values.get("UIDVALIDITY", 0), values.get("UIDNEXT"), values.get("MESSAGES"), values.get("HIGHESTMODSEQ")
    )


def parse_search(responses: Sequence[UntaggedResponse]) -> list[int]:
    """Return the uids of a search, ascending.

    Raises ValueError if they are no numbers, or too many.
    """
    uids: set[int] = set()
    for response in responses:
        if response.kind == "SEARCH":
            uids.update(int(word) for word in _words(response) if word.isdigit())
        elif response.kind == "ESEARCH":
            uids.update(parse_sequence_set(_esearch_value(response, "ALL")))
    return sorted(uids)


def parse_count(responses: Sequence[UntaggedResponse]) -> int | None:
    """Return the number of messages of a search for the count alone; None if the response has
    none."""
    counts = [_esearch_value(response, "COUNT") for response in responses if response.kind == "ESEARCH"]
    return int(counts[0]) if counts and counts[0].isdigit() else None


def parse_foreign_prefixes(responses: Sequence[UntaggedResponse]) -> list[bytes]:
    """Return the prefixes of other people's folders (RFC 2342): the second and third part of
    NAMESPACE."""
    for response in responses:
        try:
            items = parse_response(response.parts)
            return [entry[0] for kind in items[1:3] if kind for entry in kind if isinstance(entry[0], bytes)]
        except _PARSING_FAILED:
            continue
    return []


def _words(response: UntaggedResponse) -> list[str]:
    text = b" ".join(part[0] if isinstance(part, tuple) else part for part in response.parts)
    return text.decode("ascii", "replace").split()


def _esearch_value(response: UntaggedResponse, name: str) -> str:
    """Return the value of `ALL` or `COUNT` in an ESEARCH response; "" if there is none, as for an
    empty result."""
    words = _words(response)
    upper = [word.upper() for word in words]
    return words[upper.index(name) + 1] if name in upper[:-1] else ""
