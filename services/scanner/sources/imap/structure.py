"""The tree of a message's parts from BODYSTRUCTURE (RFC 3501, 7.4.2). Pure.

The server's description may be wrong or broken; then the message is read as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header

_MAX_PARTS = 1_000
_MAX_DEPTH = 30


class InvalidStructureError(Exception):
    """The server's description of the message cannot be used."""


@dataclass(frozen=True)
class Node:
    """A part: a leaf, a multipart with `parts`, or a forwarded message with its one part
    `inner`."""

    section: str
    """Its section in IMAP; of a multipart "" or the number that its parts begin with."""
    kind: str
    """`type/subtype` in lower case."""
    size: int = 0
    """Bytes of the content in its transfer encoding."""
    encoding: str = ""
    filename: str | None = None
    parts: tuple["Node", ...] = ()
    inner: "Node | None" = None
    subject: str = ""
    """Of a forwarded message."""
    is_attached: bool = False

    def leaves(self) -> Iterator["Node"]:
        """Yield the parts that have content of their own."""
        if self.inner is not None:
            yield from self.inner.leaves()
        elif self.kind.startswith("multipart/"):
            for part in self.parts:
                yield from part.leaves()
        else:
            yield self

    def forwarded(self) -> Iterator["Node"]:
        """Yield the forwarded messages below this part, this one included."""
        if self.inner is not None:
            yield self
            yield from self.inner.forwarded()
        for part in self.parts:
            yield from part.forwarded()


def parse_structure(parsed: object) -> Node:
    """Return the tree of a parsed BODYSTRUCTURE. Raises `InvalidStructureError`."""
    try:
        tree = _node(parsed, "", 0)
    except (IndexError, TypeError, ValueError, AttributeError):
        raise InvalidStructureError from None
    if sum(1 for _ in tree.leaves()) > _MAX_PARTS:
        raise InvalidStructureError
    return tree


def _node(parsed: object, section: str, depth: int) -> Node:
    if not isinstance(parsed, tuple) or not parsed or depth > _MAX_DEPTH:
        raise InvalidStructureError
    if isinstance(parsed[0], tuple):
        children = list(_leading_tuples(parsed))
        parts = tuple(
            _node(child, f"{section}.{number}" if section else str(number), depth + 1)
            for number, child in enumerate(children, start=1)
        )
        return Node(section, "multipart/mixed", parts=parts)
    return _leaf(parsed, section or "1", depth)


def _leaf(parsed: tuple[object, ...], section: str, depth: int) -> Node:
    kind = f"{_text(parsed[0])}/{_text(parsed[1])}".lower()
    if kind.startswith("multipart/"):  # without parts: nothing in it can be asked for
        return Node(section, "application/octet-stream")
    parameters = _parameters(parsed[2])
    encoding, size = _text(parsed[5]).lower(), parsed[6]
    if not isinstance(size, int) or size < 0:
        raise InvalidStructureError
    after = 7
    inner, subject = None, ""
    if kind in ("message/rfc822", "message/global") and len(parsed) > 8 and isinstance(parsed[8], tuple):
        envelope = parsed[7]
        subject = decode_header_text(envelope[1]) if isinstance(envelope, tuple) and len(envelope) > 1 else ""
        body = parsed[8]
        inner = _node(body, section if body and isinstance(body[0], tuple) else f"{section}.1", depth + 1)
        after = 10
    elif kind.startswith("text/"):
        after = 8
    disposition, more = _disposition(parsed[after + 1 :])
    return Node(
        section,
        kind,
        size=size,
        encoding=encoding,
        filename=_filename({**parameters, **more}),
        inner=inner,
        subject=subject,
        is_attached=disposition == "attachment",
    )


def _leading_tuples(parsed: tuple[object, ...]) -> Iterator[object]:
    for child in parsed:
        if not isinstance(child, tuple):
            return
        yield child


def _disposition(extension: tuple[object, ...]) -> tuple[str | None, dict[str, str]]:
    """Return the disposition and its parameters from the extension data behind the MD5, where there
    is any."""
    parsed = extension[0] if extension else None
    if not isinstance(parsed, tuple) or not parsed:
        return None, {}
    return _text(parsed[0]).lower(), _parameters(parsed[1] if len(parsed) > 1 else None)


def _parameters(parsed: object) -> dict[str, str]:
    if not isinstance(parsed, tuple):
        return {}
    return {_text(name).lower(): _text(value) for name, value in zip(parsed[::2], parsed[1::2], strict=False)}


def _filename(parameters: dict[str, str]) -> str | None:
    """Return a filename that only helps to choose parts: the real one is read from the part's own
    header."""
    for key, value in sorted(parameters.items()):
        if key.partition("*")[0] in ("filename", "name") and value:
            return decode_header_text(value.encode("utf-8", "replace"))
    return None


def decode_header_text(value: object) -> str:
    """Decode a header's text as far as it can be decoded."""
    text = _text(value)
    if "=?" in text:
        try:
            return str(make_header(decode_header(text)))
        except (LookupError, ValueError, UnicodeError):
            return text
    return text


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
