"""The choice of the pieces of a message that are fetched."""

import base64

import pytest

from services.scanner.sources.imap.message_assembly import MessageAssembly, Piece
from services.scanner.sources.imap.part_selection import HEAD_BYTES, PEEK_BYTES
from services.scanner.sources.imap.structure import Node

MOST = 1_000_000
NEWSLETTER = b"<html><body>The weather is fine and so are our hats. " + b"Hats! " * 2_000


def leaf(section: str, kind: str, size: int, *, name: str | None = None, encoding: str = "7bit") -> Node:
    return Node(section, kind, size=size, filename=name, encoding=encoding)


def reading(*nodes: Node, subject: str = "Hello", sender: str = "x@example.org") -> MessageAssembly:
    header = f"Subject: {subject}\r\nFrom: {sender}\r\n\r\n".encode()
    return MessageAssembly(header, Node("", "multipart/mixed", parts=nodes), MOST)


def sections(pieces: list[Piece]) -> list[str]:
    """Return the sections with content."""
    return [piece.section for piece in pieces if not piece.section.endswith(".MIME")]


@pytest.mark.parametrize(
    ("kind", "name", "is_read"),
    [
        ("application/pdf", None, True),
        ("application/x-pdf", None, True),
        ("text/xml", None, True),
        ("application/vnd.oasis.ubl+xml", None, True),
        ("application/zip", None, True),
        ("application/octet-stream", "Rechnung.PDF", True),
        ("image/png", "scan.pdf", True),
        ("image/jpeg", "a.jpg", False),
        ("video/mp4", None, False),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx", False),
        ("application/pkcs7-signature", "smime.p7s", False),
        ("text/calendar", "invite.ics", False),
    ],
)
def test_attachments_are_told_by_type_and_name(kind: str, name: str | None, is_read: bool) -> None:
    one = reading(leaf("1", "text/plain", 10), leaf("2", kind, 50_000, name=name))
    assert ("2" in sections(one.first_pieces())) is is_read


@pytest.mark.parametrize(("content", "is_read"), [(b"%PDF-1.7 ...", True), (b"\xff\xd8\xff\xe0 JFIF", False)])
def test_the_first_bytes_decide_about_what_says_nothing_of_itself(content: bytes, is_read: bool) -> None:
    one = reading(leaf("1", "application/octet-stream", 500_000, encoding="base64"))
    assert Piece("1", 0, HEAD_BYTES) in one.first_pieces()
    one.fetched[Piece("1", 0, HEAD_BYTES)] = base64.b64encode(content.ljust(HEAD_BYTES, b"\0"))[:HEAD_BYTES]
    assert one.second_pieces() == ([Piece("1", HEAD_BYTES, MOST)] if is_read else [])
    assert (content[:8] in base64.b64decode(one.fetched[Piece("1", 0, HEAD_BYTES)])) is True


def test_a_large_body_is_looked_at_and_left_if_it_speaks_of_something_else() -> None:
    one = reading(leaf("1", "text/html", len(NEWSLETTER)))
    assert Piece("1", 0, PEEK_BYTES) in one.first_pieces()
    one.fetched[Piece("1", 0, PEEK_BYTES)] = NEWSLETTER[:PEEK_BYTES]
    assert one.second_pieces() == []
    assert b"weather" not in one.message()


@pytest.mark.parametrize("word", [b"Your receipt", b"Ihre Bestellung", b'"@context": "https://schema.org"'])
def test_a_large_body_is_read_if_its_beginning_gives_reason_to(word: bytes) -> None:
    body = NEWSLETTER[:500] + word + NEWSLETTER[500:]
    one = reading(leaf("1", "text/html", len(body)))
    one.fetched[Piece("1", 0, PEEK_BYTES)] = body[:PEEK_BYTES]
    (rest, *_) = one.second_pieces()
    one.fetched[rest] = body[rest.offset :]
    assert body in one.message()


@pytest.mark.parametrize(
    ("subject", "sender"),
    [
        ("Ihre Rechnung", "x@example.org"),
        ("=?utf-8?B?RMOpdGFpbHMgZGUgdm90cmUgY29tbWFuZGU=?=", "x@example.org"),
        ("Your payment", "x@example.org"),
        ("Hello", "billing@example.org"),
        ("Hello", "Hat shop <hi@example.org>"),
    ],
)
def test_a_large_body_is_read_at_once_if_subject_or_sender_give_reason_to(subject: str, sender: str) -> None:
    one = reading(leaf("1", "text/html", 100_000), subject=subject, sender=sender)
    assert all(piece.octets is None or piece.octets > 100_000 for piece in one.first_pieces())
    assert sections(one.first_pieces()) == ["1"]


def test_small_bodies_are_read_and_tell_about_large_ones() -> None:
    one = reading(leaf("1", "text/plain", 30), leaf("2", "text/html", 90_000), subject="Hello")
    assert sections(one.first_pieces()) == ["1", "2"]
    whole = next(piece for piece in one.first_pieces() if piece.section == "1")
    one.fetched[whole] = b"This is your invoice.\r\n"
    one.fetched[Piece("2", 0, PEEK_BYTES)] = NEWSLETTER[:PEEK_BYTES]
    assert sections(one.second_pieces()) == ["2"]


def test_the_subject_of_a_forwarded_message_counts_as_well() -> None:
    inner = leaf("2.1", "text/html", 90_000)
    forward = Node("2", "message/rfc822", size=91_000, inner=inner, subject="Votre facture")
    assert sections(reading(leaf("1", "text/plain", 9), forward).first_pieces())[:2] == ["1", "2.1"]


def test_more_than_one_message_may_take_is_not_asked_for() -> None:
    assert reading(leaf("1", "application/pdf", MOST), leaf("2", "application/pdf", 1)).is_too_large
    assert not reading(leaf("1", "application/pdf", MOST), leaf("2", "video/mp4", 10 * MOST)).is_too_large


@pytest.mark.parametrize(
    ("node", "subject", "is_read"),
    [
        (leaf("1", "image/jpeg", 90_000, name="IMG_1.jpg"), "Your receipt", True),
        (leaf("1", "image/png", 90_000, name="Rechnung.png"), "Hello", True),
        (leaf("1", "image/jpeg", 90_000, name="IMG_1.jpg"), "Hello", False),
        (leaf("1", "image/png", 9_000, name="logo.png"), "Your receipt", False),
        (leaf("1", "image/gif", 90_000, name="receipt.gif"), "Your receipt", False),
    ],
)
def test_pictures_that_may_be_documents_are_asked_for_only_where_they_are_recognised(
    node: Node, subject: str, *, is_read: bool
) -> None:
    header = f"Subject: {subject}\r\nFrom: x@example.org\r\n\r\n".encode()
    tree = Node("", "multipart/mixed", parts=(node,))
    assert sections(MessageAssembly(header, tree, MOST, pictures=True).first_pieces()) == (["1"] if is_read else [])
    assert sections(MessageAssembly(header, tree, MOST).first_pieces()) == []
