"""Takes a message apart as the standard parser does (`email.feedparser`), to the same headers and parts.

That one looks at each line of every body, and most bytes of a mailbox are base64. Here borders are searched for, and
what is between them is cut out whole: a fifth of the time. What the parts say is left to the standard library.
"""

import re
from collections.abc import Iterator
from email.message import Message

_LINE_END = re.compile(r"\r\n|\r|\n")
_FIELD = re.compile(
    # A border of another mailbox format, a nameless field or the rest of one are passed over.
    r"(?:From [^\r\n]*+|:[^\r\n]*+|[ \t][^\r\n]*+"
    # A field with the lines that go on with it (RFC 5322, 2.2.3).
    r"|(?P<name>[!-9;-~]++):[ \t]*+(?P<value>[^\r\n]*+(?:(?:\r\n|\r|\n)[ \t][^\r\n]*+)*+))(?:\r\n|\r|\n|\Z)"
)
_FOREIGN_BORDER = "From "
_BEHIND_BORDER = re.compile(r"(?P<closes>--)?[ \t]*+(?:\r\n|\r|\n|\Z)")
_MESSAGE = "message/rfc822"


def parse(raw: bytes) -> Message:
    """The message of these bytes (RFC 5322, RFC 2046), however broken. Raises RecursionError if nested very deeply.

    Only a `message/delivery-status`, in which nothing is looked for, is left in one piece.
    """
    return _entity(raw.decode("ascii", "surrogateescape"))


def _entity(text: str, *, default_type: str = "text/plain", is_part: bool = False) -> Message:
    message = Message()
    message.set_default_type(default_type)
    body = text[_read_header(message, text) :]
    kind = message.get_content_maintype()
    if kind == "multipart":
        _read_parts(message, body)
    elif kind == "message" and message.get_content_subtype() != "delivery-status":
        message.attach(_entity(body, is_part=is_part))
    else:
        message.set_payload(_without_line_end(body) if is_part else body)
    return message


def _read_header(message: Message, text: str) -> int:
    """Read the fields up to the first line that is none; return where the body begins."""
    at = last = 0
    while at < len(text) and (field := _FIELD.match(text, at)) is not None:
        if field["name"] is not None:
            message.set_raw(field["name"], field["value"])
        last, at = at, field.end()
    empty = _LINE_END.match(text, at)
    if last and text.startswith(_FOREIGN_BORDER, last):
        return last  # the body begins with such a line
    return empty.end() if empty is not None else at


def _read_parts(message: Message, body: str) -> None:
    boundary = message.get_boundary()
    parts = body if boundary is None or _LINE_END.search(boundary) else _parts(body, f"--{boundary}")
    if isinstance(parts, str):
        message.set_payload(parts)
        return
    default_type = _MESSAGE if message.get_content_subtype() == "digest" else "text/plain"
    for part in parts:
        message.attach(_entity(part, default_type=default_type, is_part=True))


def _parts(body: str, border: str) -> list[str] | str:
    """What stands between the borders, with the line end before each; where none opens a part, all up to the last."""
    parts: list[str] = []
    begin: int | None = None
    for start, end, closes in _borders(body, border):
        if begin is None and closes:
            return body[:start]
        if begin is not None and start > begin:
            parts.append(body[begin:start])
            if closes:
                return parts
        begin = end
    return body if begin is None else [*parts, body[begin:]]


def _borders(body: str, border: str) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of each line that is a border, and whether it says that it is the last one."""
    at = body.find(border)
    while at >= 0:
        behind = _BEHIND_BORDER.match(body, at + len(border)) if at == 0 or body[at - 1] in "\r\n" else None
        if behind is not None:
            yield at, behind.end(), behind["closes"] is not None
        at = body.find(border, behind.end() if behind is not None else at + 1)


def _without_line_end(text: str) -> str:
    """The line end before a border belongs to the border (RFC 2046, 5.1.1)."""
    return text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith(("\n", "\r")) else text
