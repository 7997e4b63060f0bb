"""The MIME parser's headers and parts equal the standard parser's, however broken a message is."""

from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scanner.extract.message.mime_parser import Entity, parse

LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n"
BLOCK = LINE * 40
PIECES = (
    b"From: a@b.example\r\n",
    b"Content-Type: multipart/mixed; boundary=bb\r\n",
    b"Content-Type: multipart/digest; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/delivery-status\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"--bb\r\n",
    b"--bb--\r\n",
    b"--bb-- \t",
    b"--bb \r",
    b"From x\nSubject: y\n",
    b": nameless\n",
    b"Subject:  \r\n",
    b"--b\n",
    b" folded\n",
    b"text\n",
    b"Content-Type: text/plain; charset=utf-8\n",
    "Grüße\n".encode(),
    "\n\nGrüße\n\n".encode() + BLOCK,
    b"=\n",
    BLOCK,
    b"\n\n" + BLOCK.replace(b"\r\n", b"\n"),
    b"\r\n\r\n" + BLOCK + b"QUJD==\r\n",
    b"\n\n" + BLOCK + b"\r" + BLOCK,
    b"\n\n" + BLOCK + LINE.rstrip(),
)


Shape = tuple[list[tuple[str, str]], "list[Shape] | bytes | None"]


def expected(message: Message) -> Shape:
    """Return what the standard parser reads: headers and contents of all parts.

    A delivery status has no parts.
    """
    payload = message.get_payload()
    fields = [(name, str(value)) for name, value in message.raw_items()]
    if message.get_content_type() == "message/delivery-status":
        return fields, None
    if isinstance(payload, list):
        return fields, [expected(part) for part in payload if isinstance(part, Message)]
    content = message.get_payload(decode=True)
    assert isinstance(content, bytes)
    return fields, content


def read(entity: Entity) -> Shape:
    fields = [(name, str(value)) for name, value in entity.header.raw_items()]
    if entity.header.get_content_type() == "message/delivery-status":
        return fields, None
    return fields, entity.content() if entity.parts is None else [read(part) for part in entity.parts]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join))
def test_the_parts_are_those_of_the_standard_parser(raw: bytes) -> None:
    assert read(parse(raw)) == expected(message_from_bytes(raw))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_an_attachment_is_whole(line_end: bytes) -> None:
    content = BLOCK.replace(b"\r\n", line_end)
    head = b"Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Transfer-Encoding: base64\n\n"
    parts = parse(head + content + b"--bb--\n").parts
    assert parts is not None
    (part,) = parts
    assert part.content() == b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234567" * 40


def test_a_border_of_other_letters_than_ascii_is_survived() -> None:
    raw = b'Content-Type: multipart/mixed; boundary="\xfcber"\n\n--\xfcber\n\nHello\n--\xfcber--\n'
    assert parse(raw).header.get_content_type() == "multipart/mixed"
