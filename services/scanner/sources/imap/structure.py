"""The parts of a message as BODYSTRUCTURE tells them (RFC 3501, 7.4.2). Pure.

What the server tells may be wrong or broken; then there is no structure, and the message is read as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header

_MOST_PARTS = 1_000
_DEEPEST = 30


class NoStructure(Exception):
    """The server's description of the message cannot be used."""


@dataclass(frozen=True)
class Node:
    """A part: a leaf, a multipart with `parts`, or a forwarded message with its one part `inner`."""

    section: str
    """Its number in IMAP; of a multipart "" or the number that its parts begin with."""
    kind: str
    """`type/subtype` in lower case."""
    size: int = 0
    """Bytes, encoded as they are."""
    encoding: str = ""
    filename: str | None = None
    parts: tuple["Node", ...] = ()
    inner: "Node | None" = None
    subject: str = ""
    """Of a forwarded message."""
    is_attached: bool = False

    def leaves(self) -> Iterator["Node"]:
        """The parts that have content of their own."""
        if self.inner is not None:
            yield from self.inner.leaves()
        elif self.kind.startswith("multipart/"):
            for part in self.parts:
                yield from part.leaves()
        else:
            yield self

    def forwarded(self) -> Iterator["Node"]:
        """The forwarded messages in it."""
        if self.inner is not None:
            yield self
            yield from self.inner.forwarded()
        for part in self.parts:
            yield from part.forwarded()


def structure(told: object) -> Node:
    """The tree of a parsed BODYSTRUCTURE. Raises `NoStructure`."""
    try:
        tree = _node(told, "", 0)
    except (IndexError, TypeError, ValueError, AttributeError):
        raise NoStructure from None
    if sum(1 for _ in tree.leaves()) > _MOST_PARTS:
        raise NoStructure
    return tree


def _node(told: object, section: str, depth: int) -> Node:
    if not isinstance(told, tuple) or not told or depth > _DEEPEST:
        raise NoStructure
    if isinstance(told[0], tuple):
        children = list(_leading_tuples(told))
        parts = tuple(
            _node(child, f"{section}.{number}" if section else str(number), depth + 1)
            for number, child in enumerate(children, start=1)
        )
        return Node(section, "multipart/mixed", parts=parts)
    return _leaf(told, section or "1", depth)


def _leaf(told: tuple[object, ...], section: str, depth: int) -> Node:
    kind = f"{_text(told[0])}/{_text(told[1])}".lower()
    if kind.startswith("multipart/"):  # without parts: nothing in it can be asked for
        return Node(section, "application/octet-stream")
    parameters = _parameters(told[2])
    encoding, size = _text(told[5]).lower(), told[6]
    if not isinstance(size, int) or size < 0:
        raise NoStructure
    after = 7
    inner, subject = None, ""
    if kind in ("message/rfc822", "message/global") and len(told) > 8 and isinstance(told[8], tuple):
        envelope = told[7]
        subject = decoded_header(envelope[1]) if isinstance(envelope, tuple) and len(envelope) > 1 else ""
        body = told[8]
        inner = _node(body, section if body and isinstance(body[0], tuple) else f"{section}.1", depth + 1)
        after = 10
    elif kind.startswith("text/"):
        after = 8
    disposition, more = _disposition(told[after + 1 :])
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


def _leading_tuples(told: tuple[object, ...]) -> Iterator[object]:
    for child in told:
        if not isinstance(child, tuple):
            return
        yield child


def _disposition(extension: tuple[object, ...]) -> tuple[str | None, dict[str, str]]:
    """From the extension data behind the MD5, where there is any."""
    told = extension[0] if extension else None
    if not isinstance(told, tuple) or not told:
        return None, {}
    return _text(told[0]).lower(), _parameters(told[1] if len(told) > 1 else None)


def _parameters(told: object) -> dict[str, str]:
    if not isinstance(told, tuple):
        return {}
    return {_text(name).lower(): _text(value) for name, value in zip(told[::2], told[1::2], strict=False)}


def _filename(parameters: dict[str, str]) -> str | None:
    """Only to tell what a part may be: the real name is read from the part's own header."""
    for key, value in sorted(parameters.items()):
        if key.partition("*")[0] in ("filename", "name") and value:
            return decoded_header(value.encode("utf-8", "replace"))
    return None


def decoded_header(value: object) -> str:
    """A header's text as far as it can be read."""
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
