"""What the answers of a mail server say. Pure; nothing that a server sends may raise."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from services.scanner.sources.imap.folders import Folder, folder_of, numbers
from services.scanner.sources.imap.message_assembly import Piece
from services.scanner.sources.imap.response_reader import ResponsePart, UntaggedResponse
from services.scanner.sources.imap.structure import Node, NoStructure, structure

_UID = re.compile(rb"\bUID (\d+)")
_SECTION = re.compile(r"BODY\[([^\]]*)\](?:<(\d+)>)?")
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?\S", re.IGNORECASE | re.MULTILINE)
_PARSING_FAILED = (ProtocolError, ValueError, TypeError, IndexError, RecursionError)


class State(NamedTuple):
    """What STATUS says of a folder; None: the server does not say."""

    uidvalidity: int
    uidnext: int | None
    messages: int | None
    modseq: int | None


@dataclass(frozen=True)
class Overview:
    """What is asked of every message. `tree` is None if its structure cannot be used."""

    uid: int
    size: int
    header: bytes
    tree: Node | None
    identity: str | None


@dataclass
class Delivery:
    """What came for the messages that were asked for: by uid, the items by name. `refused`: the server does not give
    these messages out."""

    items: dict[int, dict[str, object]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)


def deliver(responses: Sequence[UntaggedResponse], delivery: Delivery) -> None:
    """Sort FETCH responses by uid. One without a uid tells of a flag that somebody changed, and is nobody's answer."""
    for response in responses:
        if response.kind != "FETCH":
            continue
        try:
            _, told = parse_response(response.parts)
            named = {
                str(name, "utf-8", "replace").upper(): value for name, value in zip(told[::2], told[1::2], strict=True)
            }
            uid = named["UID"]
        except (*_PARSING_FAILED, KeyError):
            uid, named = _spoken_uid(response.parts), {}
        if isinstance(uid, int):
            delivery.items.setdefault(uid, {}).update(named)


def _spoken_uid(records: Sequence[ResponsePart]) -> int | None:
    """The uid of a response that cannot be parsed."""
    for record in records:
        found = _UID.search(record[0] if isinstance(record, tuple) else record)
        if found is not None:
            return int(found[1])
    return None


def overview_of(uid: int, told: Mapping[str, object]) -> Overview:
    """The items of a message that every message is asked for, whichever of them came."""
    header = next((value for name, value in told.items() if name.startswith("BODY[HEADER.FIELDS")), None)
    size = told.get("RFC822.SIZE")
    tree: Node | None = None
    if isinstance(header, bytes):
        try:
            tree = structure(told.get("BODYSTRUCTURE"))
        except NoStructure:
            tree = None
    header = header if isinstance(header, bytes) else b""
    size = size if isinstance(size, int) else 0
    return Overview(uid, size, header, tree, _identity(told, header, size))


def _identity(told: Mapping[str, object], header: bytes, size: int) -> str | None:
    """What a message keeps when it is moved: the server's id for it, else its Message-ID with what goes with it."""
    email_id, gmail_id = told.get("EMAILID"), told.get("X-GM-MSGID")
    if isinstance(email_id, tuple) and email_id:
        return f"e{_plain(email_id[0])}"
    if isinstance(gmail_id, int):
        return f"g{gmail_id}"
    if _MESSAGE_ID.search(header) is None:
        return None
    return "h" + hashlib.sha256(header + b"%d" % size).hexdigest()[:32]


def _plain(value: object) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def pieces_of(told: Mapping[str, object], asked: Sequence[Piece]) -> dict[Piece, bytes]:
    """The sections of a response as the pieces that were asked for; NIL is an empty one."""
    sections: dict[tuple[str, int], bytes] = {}
    for name, value in told.items():
        match = _SECTION.fullmatch(name)
        if match is not None:
            content = value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
            sections[_plainly(match[1]), int(match[2] or 0)] = content
    came = ((piece, sections.get((_plainly(piece.section), piece.offset))) for piece in asked)
    return {piece: content[: piece.octets] for piece, content in came if content is not None}


def _plainly(section: str) -> str:
    """Servers repeat the names of header fields each in its own way."""
    return re.sub(r'["\s]+', " ", section).upper().strip()


def listed_folder(response: UntaggedResponse) -> Folder | None:
    """The folder of a LIST response; None if it is none."""
    if response.kind != "LIST":
        return None
    try:
        flags, delimiter, raw = parse_response(response.parts)[:3]
    except _PARSING_FAILED:
        return None
    return folder_of(flags, delimiter, raw)


def state_of(responses: Sequence[UntaggedResponse]) -> State:
    """What STATUS told."""
    told: dict[str, object] = {}
    for response in responses:
        try:
            pairs = parse_response(response.parts)[-1]
            told |= {_plain(name).upper(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        except _PARSING_FAILED:
            continue
    values = {name: value for name, value in told.items() if isinstance(value, int)}
    return State(
        values.get("UIDVALIDITY", 0), values.get("UIDNEXT"), values.get("MESSAGES"), values.get("HIGHESTMODSEQ")
    )


def found_by(responses: Sequence[UntaggedResponse]) -> list[int]:
    """The uids of a search, ascending. Raises ValueError if the server talks nonsense."""
    found: set[int] = set()
    for response in responses:
        if response.kind == "SEARCH":
            found.update(int(word) for word in _words(response) if word.isdigit())
        elif response.kind == "ESEARCH":
            found.update(numbers(_returned(response, "ALL")))
    return sorted(found)


def counted_by(responses: Sequence[UntaggedResponse]) -> int | None:
    """The number of messages of a search that asked for nothing else."""
    counts = [_returned(response, "COUNT") for response in responses if response.kind == "ESEARCH"]
    return int(counts[0]) if counts and counts[0].isdigit() else None


def prefixes_of_others(responses: Sequence[UntaggedResponse]) -> list[bytes]:
    """Where the folders of other people begin (RFC 2342): the second and third part of NAMESPACE."""
    for response in responses:
        try:
            told = parse_response(response.parts)
            return [entry[0] for kind in told[1:3] if kind for entry in kind if isinstance(entry[0], bytes)]
        except _PARSING_FAILED:
            continue
    return []


def _words(response: UntaggedResponse) -> list[str]:
    said = b" ".join(one[0] if isinstance(one, tuple) else one for one in response.parts)
    return said.decode("ascii", "replace").split()


def _returned(response: UntaggedResponse, name: str) -> str:
    """The value of `ALL` or `COUNT` in an ESEARCH response; "" if it is not there, as when nothing was found."""
    words = _words(response)
    upper = [word.upper() for word in words]
    return words[upper.index(name) + 1] if name in upper[:-1] else ""
