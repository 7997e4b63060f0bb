"""Choice of a message's pieces to fetch, in at most two steps, and assembly of those that came.
Pure.

The result is a message with the same parts under the same numbers; parts that cannot matter are
empty. So the examiner reads it like any other message and finds the same places.
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
    MAX_BODY_BYTES,
    PEEK_BYTES,
    SMALL_BODY_BYTES,
    ReadExtent,
    body_mentions_invoices,
    may_be_page_image,
    mentions_invoices,
    read_extent,
)
from services.scanner.sources.imap.structure import Node

_BOUNDARY = f"=_{secrets.token_hex(16)}_"
"""Random, so that no message contains it."""
_EMPTY = b"Content-Type: application/octet-stream\n\n"
_CONTENT_FIELD = re.compile(rb"content-", re.IGNORECASE)
_PLAIN_WORDS = re.compile(r"[a-z0-9./+_-]+")
_HEADERS = BytesHeaderParser()


class Piece(NamedTuple):
    """A piece of a part to fetch, `BODY.PEEK[section]<offset.octets>`; without `octets` a whole,
    small section."""

    section: str
    offset: int = 0
    octets: int | None = None


@dataclass
class MessageAssembly:
    """A message while it is fetched: the caller fetches `first_pieces`, then `second_pieces`, into
    `fetched`."""

    header: bytes
    tree: Node
    max_bytes: int
    pictures: bool = False
    """Whether pictures that may be documents are fetched."""
    fetched: dict[Piece, bytes] = field(default_factory=dict)
    _heads: list[Node] = field(default_factory=list)
    _peeked: list[Node] = field(default_factory=list)
    _undecided: list[Node] = field(default_factory=list)
    _kept: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Decide what to read of each part."""
        parsed = _HEADERS.parsebytes(self.header)
        texts = [header(parsed, "subject"), header(parsed, "from"), *(node.subject for node in self.tree.forwarded())]
        is_candidate = mentions_invoices(text for text in texts if text)
        large: list[Node] = []
        for node in self.tree.leaves():
            extent = read_extent(node)
            if extent is ReadExtent.WHOLE or (
                extent is ReadExtent.BODY and (is_candidate or node.size <= SMALL_BODY_BYTES)
            ):
                self._kept.append(node)
            elif extent is ReadExtent.HEAD:
                (self._heads if node.size > HEAD_BYTES else self._kept).append(node)
            elif extent is ReadExtent.NOTHING and self.pictures and may_be_page_image(node, is_candidate=is_candidate):
                self._kept.append(node)
            elif extent is ReadExtent.BODY:
                large.append(node)
        if large:
            # Of two forms of the same text, plain text says more in fewer bytes.
            self._peeked = [min(large, key=lambda node: node.kind != "text/plain")]
            self._undecided = [node for node in large if node not in self._peeked]

    @property
    def octets(self) -> int:
        """Return about how many bytes `first_pieces` take."""
        return sum(node.size for node in self._kept) + PEEK_BYTES * len(self._peeked) + HEAD_BYTES * len(self._heads)

    @property
    def is_too_large(self) -> bool:
        """Return whether more would be read than is allowed for one message."""
        return sum(node.size for node in (*self._kept, *self._heads)) > self.max_bytes

    def first_pieces(self) -> list[Piece]:
        """Return the pieces that are needed in any case, and the beginnings of parts that may be
        needed."""
        pieces = [self._whole(node) for node in self._kept]
        pieces += [Piece(node.section, 0, HEAD_BYTES) for node in self._heads]
        pieces += [Piece(node.section, 0, PEEK_BYTES) for node in self._peeked]
        return [*pieces, *self._header_pieces((*self._kept, *self._heads, *self._peeked))]

    def second_pieces(self) -> list[Piece]:
        """Return the pieces that the first ones give reason to read.

        Call it once, when all of those are in `fetched`.
        """
        rest: list[Piece] = []
        for node in self._heads:
            head = self.fetched[Piece(node.section, 0, HEAD_BYTES)]
            if sniff(decode_prefix(head, node.encoding)[:SNIFFED_BYTES], node.kind) is not None:
                self._kept.append(node)
                if len(head) == HEAD_BYTES:
                    rest.append(Piece(node.section, HEAD_BYTES, self.max_bytes))
        mention_invoices = self._bodies_mention_invoices()
        for node in self._peeked:
            # A part that is shorter than the server said is complete.
            is_complete = len(self.fetched[Piece(node.section, 0, PEEK_BYTES)]) < PEEK_BYTES
            if mention_invoices or is_complete:
                self._kept.append(node)
            if mention_invoices and not is_complete:
                rest.append(Piece(node.section, PEEK_BYTES, MAX_BODY_BYTES))
        if mention_invoices:
            self._kept += self._undecided
            rest += [self._whole(node) for node in self._undecided]
            rest += self._header_pieces(self._undecided)
        return rest

    def message(self) -> bytes:
        """Return the message, as far as it was fetched."""
        kept = {node.section for node in self._kept}
        content_header = b"" if _is_container(self.tree) else _fields(self.header, contents=True)
        top = _fields(self.header, contents=False)
        if not _is_container(self.tree) and self.tree.section in kept:
            return top + content_header + b"\n" + self._content(self.tree)
        return top + self._part(self.tree, kept)

    def _part(self, node: Node, kept: set[str]) -> bytes:
        if node.inner is not None:
            return b"Content-Type: message/rfc822\n\n" + self._forwarded(node, node.inner, kept)
        if _is_container(node):
            # The section keeps the boundaries of nested parts apart.
            boundary = f"{_BOUNDARY}{node.section}".encode()
            parts = (b"--" + boundary + b"\n" + self._part(part, kept) + b"\n" for part in node.parts)
            start = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n'
            return start + b"".join(parts) + b"--" + boundary + b"--\n"
        if node.section not in kept:
            return _EMPTY
        content_header = _fields(self.fetched.get(Piece(f"{node.section}.MIME"), b"")) or _fallback_description(node)
        return content_header + b"\n" + self._content(node)

    def _forwarded(self, node: Node, inner: Node, kept: set[str]) -> bytes:
        if _is_container(inner) or inner.section not in kept:
            return self._part(inner, kept)
        content_header = self.fetched.get(Piece(_header_of(node)), b"")
        return (_fields(content_header, contents=True) or _fallback_description(inner)) + b"\n" + self._content(inner)

    def _content(self, node: Node) -> bytes:
        pieces = sorted(piece for piece in self.fetched if piece.section == node.section)
        content = b"".join(self.fetched[piece] for piece in pieces)
        # As in an mbox; base64 is not changed by it.
        return content if node.encoding == "binary" else content.replace(b"\r\n", b"\n")

    def _whole(self, node: Node) -> Piece:
        return Piece(node.section, 0, MAX_BODY_BYTES if read_extent(node) is ReadExtent.BODY else self.max_bytes)

    def _header_pieces(self, nodes: "list[Node] | tuple[Node, ...]") -> Iterator[Piece]:
        """Yield the pieces with the headers of these parts; that of the message itself is known
        already."""
        forwards = {node.inner.section: node for node in self.tree.forwarded() if node.inner is not None}
        for node in nodes:
            if node.section in forwards:
                yield Piece(_header_of(forwards[node.section]))
            elif node is not self.tree:
                yield Piece(f"{node.section}.MIME")

    def _bodies_mention_invoices(self) -> bool:
        read = [node for node in (*self._kept, *self._peeked) if read_extent(node) is ReadExtent.BODY]
        return any(
            body_mentions_invoices(decode_bytes(decode_prefix(self._content(node), node.encoding), None))
            for node in read
        )


def decode_prefix(data: bytes, encoding: str) -> bytes:
    """Decode the beginning of a part's content, as far as it can be decoded."""
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
    """Return the section with the content header of a forwarded message that has no parts."""
    return f"{forward.section}.HEADER.FIELDS (CONTENT-TYPE CONTENT-TRANSFER-ENCODING CONTENT-DISPOSITION)"


def _fallback_description(node: Node) -> bytes:
    """Return a content header from the structure, for a part whose own header did not come."""
    kind = node.kind if _PLAIN_WORDS.fullmatch(node.kind) else "application/octet-stream"
    encoding = node.encoding if _PLAIN_WORDS.fullmatch(node.encoding) else "7bit"
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n".encode()


def _fields(header: bytes, *, contents: bool | None = None) -> bytes:
    """Return a header's fields without the empty line: all, those of the content (`contents`), or
    the others."""
    lines = header.replace(b"\r\n", b"\n").partition(b"\n\n")[0].strip(b"\n").split(b"\n")
    kept: list[bytes] = []
    is_kept = False
    for line in lines:
        if not line[:1].isspace():
            is_kept = contents is None or (_CONTENT_FIELD.match(line) is not None) is contents
        if is_kept and line.strip():
            kept.append(line + b"\n")
    return b"".join(kept)
