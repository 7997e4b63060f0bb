"""The standard parser of messages, spared the lines that cannot matter to it.

Most bytes of a mailbox are base64, and the parser asks of each of its lines whether a part ends there. A block of such
lines cannot: none of them is empty, a header or a border. So each block is parsed as one line that stands for it.
"""

import re
import secrets
from email import message_from_bytes
from email.message import Message

_BLOCK_BYTES = 2048
"""Shorter blocks are not worth it."""
_BEGIN = re.compile(rb"\n\r?\n(?=[A-Za-z0-9+/]{60,}\r?\n)")
_END = re.compile(rb"\n(?=\r?\n|-)")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
_LONE_CR = re.compile(rb"\r(?!\n)")
_NAME = f"block.{secrets.token_hex(16)}."
"""No message can hold it, other than by chance."""
_STAND_IN = re.compile(rf"{re.escape(_NAME)}(\d+)(\n?)")
_LAST_LINE_END = re.compile(r"\r?\n\Z")


def parse(raw: bytes) -> Message:
    """As `email.message_from_bytes`, to the same parts. Raises RecursionError if they are nested very deeply."""
    pieces: list[bytes] = []
    blocks: list[str] = []
    kept = 0
    for begin in _BEGIN.finditer(raw):
        start = begin.end()
        end = _END.search(raw, start)
        stop = end.end() if end is not None else raw.rfind(b"\n") + 1
        block = raw[start:stop]
        if start < kept or len(block) < _BLOCK_BYTES or block.translate(None, _BASE64) or _LONE_CR.search(block):
            continue
        pieces += raw[kept:start], f"{_NAME}{len(blocks)}\n".encode()
        blocks.append(block.decode("ascii"))
        kept = stop
    if not blocks:
        return message_from_bytes(raw)
    message = message_from_bytes(b"".join((*pieces, raw[kept:])))
    _put_back(message, blocks)
    return message


def _put_back(message: Message, blocks: list[str]) -> None:
    def block(match: re.Match[str]) -> str:
        whole = blocks[int(match[1])]
        # The line end before a border belongs to the border, and the parser has taken it away.
        return whole if match[2] else _LAST_LINE_END.sub("", whole)

    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = vars(part)["_payload"]  # `get_payload` decodes other bytes than ASCII, which cannot be put back
        if isinstance(payload, list):
            waiting += [child for child in payload if isinstance(child, Message)]
        elif isinstance(payload, str) and _NAME in payload:
            part.set_payload(_STAND_IN.sub(block, payload))
