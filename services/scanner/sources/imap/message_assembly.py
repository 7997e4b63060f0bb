"""Reading one message in at most two steps, and putting together what was read. Pure: others do the fetching.

The result is a message with the same parts under the same numbers, of which those that cannot matter are empty, so that
the examiner reads it like any other and finds the same places.
"""

import base64
import binascii
import quopri
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import NamedTuple

from services.scanner.extract.charsets import decode_bytes
from services.scanner.extract.content_type import HEAD_BYTES as SNIFFED_BYTES
from services.scanner.extract.content_type import sniff
from services.scanner.extract.message.headers import header
from services.scanner.sources.imap.part_selection import (
    HEAD_BYTES,
    MOST_BODY_BYTES,
    PEEK_BYTES,
    SMALL_BODY_BYTES,
    Need,
    body_speaks_of_invoices,
    may_be_page,
    need,
    speaks_of_invoices,
)
from services.scanner.sources.imap.structure import Node

_BOUNDARY = f"=_{secrets.token_hex(16)}_"
"""No message can hold it, other than by chance."""
_EMPTY = b"Content-Type: application/octet-stream\n\n"
_CONTENT_FIELD = re.compile(rb"content-", re.IGNORECASE)
_PLAIN_WORDS = re.compile(r"[a-z0-9./+_-]+")
_HEADERS = BytesHeaderParser()


class Piece(NamedTuple):
    """Bytes of a part to be fetched: `BODY.PEEK[section]<offset.octets>`; without `octets` the section as a whole,
    which is small."""

    section: str
    offset: int = 0
    octets: int | None = None


@dataclass
class Reading:
    """A message on its way: `first` and `second` say what to fetch, `taken` holds what came."""

    header: bytes
    tree: Node
    most_bytes: int
    pictures: bool = False
    """Whether those that may be documents are wanted."""
    taken: dict[Piece, bytes] = field(default_factory=dict)
    _heads: list[Node] = field(default_factory=list)
    _peeked: list[Node] = field(default_factory=list)
    _undecided: list[Node] = field(default_factory=list)
    _kept: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Decide about each part."""
        parsed = _HEADERS.parsebytes(self.header)
        told = [header(parsed, "subject"), header(parsed, "from"), *(node.subject for node in self.tree.forwarded())]
        is_candidate = speaks_of_invoices(text for text in told if text)
        large: list[Node] = []
        for node in self.tree.leaves():
            wanted = need(node)
            if wanted is Need.WHOLE or (wanted is Need.BODY and (is_candidate or node.size <= SMALL_BODY_BYTES)):
                self._kept.append(node)
            elif wanted is Need.HEAD:
                (self._heads if node.size > HEAD_BYTES else self._kept).append(node)
            elif wanted is Need.NOTHING and self.pictures and may_be_page(node, is_candidate=is_candidate):
                self._kept.append(node)
            elif wanted is Need.BODY:
                large.append(node)
        if large:
            # Of two forms of the same text the plain one says more in less.
            self._peeked = [min(large, key=lambda node: node.kind != "text/plain")]
            self._undecided = [node for node in large if node not in self._peeked]

    @property
    def octets(self) -> int:
        """About how many bytes `first` will bring."""
        return sum(node.size for node in self._kept) + PEEK_BYTES * len(self._peeked) + HEAD_BYTES * len(self._heads)

    @property
    def is_too_large(self) -> bool:
        """Whether more would be read than is allowed for one message."""
        return sum(node.size for node in (*self._kept, *self._heads)) > self.most_bytes

    def first(self) -> list[Piece]:
        """What is wanted in any case, and a look at what may be wanted."""
        pieces = [self._whole(node) for node in self._kept]
        pieces += [Piece(node.section, 0, HEAD_BYTES) for node in self._heads]
        pieces += [Piece(node.section, 0, PEEK_BYTES) for node in self._peeked]
        return [*pieces, *self._descriptions((*self._kept, *self._heads, *self._peeked))]

    def second(self) -> list[Piece]:
        """What `first` gave reason to read. To be asked for once, after all of `first` was taken."""
        rest: list[Piece] = []
        for node in self._heads:
            head = self.taken[Piece(node.section, 0, HEAD_BYTES)]
            if sniff(decoded(head, node.encoding)[:SNIFFED_BYTES], node.kind) is not None:
                self._kept.append(node)
                if len(head) == HEAD_BYTES:
                    rest.append(Piece(node.section, HEAD_BYTES, self.most_bytes))
        do_speak = self._bodies_speak()
        for node in self._peeked:
            # One that is shorter than the server said is there as a whole.
            is_complete = len(self.taken[Piece(node.section, 0, PEEK_BYTES)]) < PEEK_BYTES
            if do_speak or is_complete:
                self._kept.append(node)
            if do_speak and not is_complete:
                rest.append(Piece(node.section, PEEK_BYTES, MOST_BODY_BYTES))
        if do_speak:
            self._kept += self._undecided
            rest += [self._whole(node) for node in self._undecided]
            rest += self._descriptions(self._undecided)
        return rest

    def message(self) -> bytes:
        """The message, as far as it was read."""
        kept = {node.section for node in self._kept}
        described = b"" if _is_container(self.tree) else _fields(self.header, contents=True)
        top = _fields(self.header, contents=False)
        if not _is_container(self.tree) and self.tree.section in kept:
            return top + described + b"\n" + self._content(self.tree)
        return top + self._part(self.tree, kept)

    def _part(self, node: Node, kept: set[str]) -> bytes:
        if node.inner is not None:
            return b"Content-Type: message/rfc822\n\n" + self._forwarded(node, node.inner, kept)
        if _is_container(node):
            # The number keeps the borders of nested parts apart.
            boundary = f"{_BOUNDARY}{node.section}".encode()
            parts = (b"--" + boundary + b"\n" + self._part(part, kept) + b"\n" for part in node.parts)
            start = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n'
            return start + b"".join(parts) + b"--" + boundary + b"--\n"
        if node.section not in kept:
            return _EMPTY
        described = _fields(self.taken.get(Piece(f"{node.section}.MIME"), b"")) or _told(node)
        return described + b"\n" + self._content(node)

    def _forwarded(self, node: Node, inner: Node, kept: set[str]) -> bytes:
        if _is_container(inner) or inner.section not in kept:
            return self._part(inner, kept)
        described = self.taken.get(Piece(_header_of(node)), b"")
        return (_fields(described, contents=True) or _told(inner)) + b"\n" + self._content(inner)

    def _content(self, node: Node) -> bytes:
        pieces = sorted(piece for piece in self.taken if piece.section == node.section)
        content = b"".join(self.taken[piece] for piece in pieces)
        # As in an mbox; base64 does not mind.
        return content if node.encoding == "binary" else content.replace(b"\r\n", b"\n")

    def _whole(self, node: Node) -> Piece:
        return Piece(node.section, 0, MOST_BODY_BYTES if need(node) is Need.BODY else self.most_bytes)

    def _descriptions(self, nodes: "list[Node] | tuple[Node, ...]") -> Iterator[Piece]:
        """The headers of these parts; that of the message itself is there already."""
        forwards = {node.inner.section: node for node in self.tree.forwarded() if node.inner is not None}
        for node in nodes:
            if node.section in forwards:
                yield Piece(_header_of(forwards[node.section]))
            elif node is not self.tree:
                yield Piece(f"{node.section}.MIME")

    def _bodies_speak(self) -> bool:
        read = [node for node in (*self._kept, *self._peeked) if need(node) is Need.BODY]
        return any(
            body_speaks_of_invoices(decode_bytes(decoded(self._content(node), node.encoding), None)) for node in read
        )


def decoded(data: bytes, encoding: str) -> bytes:
    """The content of the beginning of a part, as far as it can be decoded."""
    if encoding == "base64":
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        try:
            return base64.b64decode(kept[: len(kept) // 4 * 4])
        except binascii.Error:
            return b""
    return quopri.decodestring(data) if encoding == "quoted-printable" else data


def _is_container(node: Node) -> bool:
    return node.kind.startswith("multipart/") or node.inner is not None


def _header_of(forward: Node) -> str:
    """The section with the description of a forwarded message that has no parts."""
    return f"{forward.section}.HEADER.FIELDS (CONTENT-TYPE CONTENT-TRANSFER-ENCODING CONTENT-DISPOSITION)"


def _told(node: Node) -> bytes:
    """A description of a part whose own header the server kept for itself."""
    kind = node.kind if _PLAIN_WORDS.fullmatch(node.kind) else "application/octet-stream"
    encoding = node.encoding if _PLAIN_WORDS.fullmatch(node.encoding) else "7bit"
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n".encode()


def _fields(header: bytes, *, contents: bool | None = None) -> bytes:
    """The fields of a header without the empty line: all, those that describe the content, or the others."""
    lines = header.replace(b"\r\n", b"\n").partition(b"\n\n")[0].strip(b"\n").split(b"\n")
    kept: list[bytes] = []
    is_kept = False
    for line in lines:
        if not line[:1].isspace():
            is_kept = contents is None or (_CONTENT_FIELD.match(line) is not None) is contents
        if is_kept and line.strip():
            kept.append(line + b"\n")
    return b"".join(kept)
