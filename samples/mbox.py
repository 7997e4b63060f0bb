"""Mailbox files: mboxrd, the variant of mbox whose quoting can be undone without loss."""

import re
from collections.abc import Iterable

from samples.model import Message

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)


def to_mbox(messages: Iterable[Message]) -> bytes:
    """Join messages into one mboxrd file with LF line ends."""
    return b"".join(_entry(message) for message in messages)


def _entry(message: Message) -> bytes:
    envelope = f"From {message.sender} {message.received:%a %b %d %H:%M:%S %Y}\n".encode("ascii")
    body = _FROM_LINE.sub(rb">\1", message.raw)
    return envelope + body + (b"\n" if body.endswith(b"\n") else b"\n\n")
