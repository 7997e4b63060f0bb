"""What an upload is, and how many messages it holds, however its bytes are cut into chunks."""

import io
import re
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.accounts.upload.format_detection import HEAD_BYTES, MboxCounter, detect
from services.api.accounts.upload.zip_inspection import count_messages
from services.api.http.problems import Problem

LINES = st.sampled_from(
    [b"", b"From a@b Thu Nov 12\n", b"From ", b">From x\n", b"\n", b"\r\n", b"text\n", b"end\r\n", b"From"]
)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"From a@example.com Thu Nov 12 09:00:00 2026\n", "mbox"),
        (b"\r\nFrom a@example.com\r\n", "mbox"),
        (b"\n\n\r\nFrom a@example.com\n", "mbox"),
        (b"\r\rFrom a@example.com\n", None),
        (b"Received: from x\r\n by y\r\nSubject: a\r\n\r\n%PDF", "eml"),
        (b"Subject: only\n", "eml"),
        (b"SUBJECT : obsolete but legal\n\n", "eml"),
        (b"Subject: a\n" + b"X-Long: " + b"x" * HEAD_BYTES, "eml"),
        (b"PK\x03\x04rest", "zip"),
        (b"PK\x05\x06rest", "zip"),
        (b"", None),
        (b"From", None),
        (b"Fromage: cheese\n\n", None),
        (b"note: buy milk\n\nFrom me", None),
        (b"Subject: a\nand then a line that is no field\n\n", None),
        (b" folded: first\nSubject: a\n\n", None),
        (b"%PDF-1.7\n", None),
        (b"<html>\n", None),
    ],
)
def test_the_format_is_told_by_the_content(head: bytes, kind: str | None) -> None:
    assert detect(head) == kind


@given(st.lists(LINES).map(b"".join), st.lists(st.integers(1, 9)), st.integers(1, 3), st.integers(2, 4))
def test_the_places_of_some_messages_are_noted_never_too_many(
    content: bytes, sizes: list[int], every: int, most: int
) -> None:
    counter = MboxCounter(every=every, most=most)
    content = b"From first\n" + content
    rest = content
    for size in (*sizes, len(content)):
        counter.feed(rest[:size])
        rest = rest[size:]
    anchors = counter.anchors
    assert anchors["messages"] == len(places(content))
    assert anchors["offsets"] == places(content)[:: anchors["every"]]
    assert len(anchors["offsets"]) <= most
    assert anchors["every"] % every == 0


def places(content: bytes) -> list[int]:
    """The rule in other words: a line "From " that is the first, or has an empty line before it."""
    found, offset, is_after_empty = [], 0, True
    for line in re.split(rb"\n", content):
        if line.startswith(b"From ") and is_after_empty:
            found.append(offset)
        offset, is_after_empty = offset + len(line) + 1, line in (b"", b"\r")
    return found


def a_zip(*names: str, content: bytes = b"Subject: a\n\nb") -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize(
    ("names", "messages"),
    [
        (["a.eml", "b/c.EML", "notes.txt"], 2),
        (["Mail/cur/1:2,S", "Mail/new/2", "Mail/tmp/3", "Mail/.Sent/cur/4"], 3),
        (["__MACOSX/a.eml", "a.eml", "cur/.hidden"], 1),
    ],
)
def test_messages_of_a_zip_are_eml_files_and_maildir_entries(names: list[str], messages: int) -> None:
    assert count_messages(a_zip(*names), max_unpacked_bytes=1000) == messages


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (a_zip(), "empty_mailbox"),
        (a_zip("cur/"), "empty_mailbox"),
        (a_zip("a.txt"), "not_a_mailbox"),
        (io.BytesIO(b"PK\x03\x04"), "not_a_mailbox"),
        (io.BytesIO(a_zip("a.eml").getvalue()[:-5]), "not_a_mailbox"),
        (a_zip("a.eml", "b.eml", content=b"x" * 600), "upload_too_large"),
        (a_zip("a.eml", content=bytes(900_000)), "upload_too_large"),
    ],
)
def test_a_zip_that_is_no_mailbox_is_refused(file: io.BytesIO, code: str) -> None:
    with pytest.raises(Problem) as refused:
        count_messages(file, max_unpacked_bytes=1000)
    assert refused.value.code == code


def test_a_directory_of_very_many_entries_is_refused_before_it_is_read() -> None:
    file = io.BytesIO(a_zip("a.eml").getvalue())
    at = file.getvalue().rindex(b"PK\x05\x06")
    entries, size = 400_000, 20_000_000
    padded = (
        file.getvalue()[:at]
        + bytes(size)
        + b"PK\x05\x06"
        + struct.pack("<HHHHLLH", 0, 0, entries % 65536, entries % 65536, size, at, 0)
    )
    with pytest.raises(Problem) as refused:
        count_messages(io.BytesIO(padded), max_unpacked_bytes=1000)
    assert refused.value.code == "upload_too_large"
