"""The mbox splitter against an independent statement of the format, over every way to cut the bytes."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scanner.sources.mbox import MboxMessage, MboxSplitter
from shared.mailbox_formats.mbox_layout import NotAnMbox

BIG = 1_000_000


def split(data: bytes, cuts: list[int], *, limit: int | None = BIG, offset: int = 0) -> list[MboxMessage]:
    splitter = MboxSplitter(offset=offset, limit=limit)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    messages: list[MboxMessage] = []
    for start, end in pairwise(edges):
        messages += splitter.feed(data[start:end])
    messages += splitter.finish()
    return messages


def stated(data: bytes) -> list[bytes]:
    """The messages line by line: a "From " line at the start or after an empty line begins one."""
    entries: list[list[bytes]] = []
    empty_before = True
    for line in re.findall(rb"[^\n]*\n|[^\n]+", data):
        if empty_before and line.startswith(b"From "):
            entries.append([])
        else:
            entries[-1].append(line)
        empty_before = line in (b"\n", b"\r\n")
    messages = []
    for lines in entries:
        last_ends_a_line = len(lines) >= 2 and lines[-2].endswith(b"\n")
        kept = lines[:-1] if last_ends_a_line and lines[-1] in (b"\n", b"\r\n") else lines
        messages.append(b"".join(line[1:] if re.match(rb">+From ", line) else line for line in kept))
    return messages


LINES = st.sampled_from(
    [b"", b"text", b"From ", b"From a@example.org Mon", b">From me", b">>From x", b"Fro", b"F", b" From b", b"\r"]
)
ENDINGS = st.sampled_from([b"\n", b"\n", b"\r\n"])


@st.composite
def mailboxes(draw: st.DrawFn) -> bytes:
    lines = draw(st.lists(st.tuples(LINES, ENDINGS), max_size=30))
    data = b"From a@example.org Mon\n" + b"".join(line + ending for line, ending in lines)
    return data if draw(st.booleans()) else data.removesuffix(b"\n")


@given(data=mailboxes(), cuts=st.lists(st.integers(0, 400), max_size=12))
def test_the_messages_are_those_of_the_format_however_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert [message.raw for message in split(data, cuts)] == stated(data)


@given(data=mailboxes())
def test_the_bytes_may_arrive_one_by_one(data: bytes) -> None:
    assert split(data, list(range(len(data)))) == split(data, [])


@given(data=mailboxes(), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_offsets_and_sizes_cover_the_file_and_reading_may_begin_at_any_of_them(data: bytes, cuts: list[int]) -> None:
    messages = split(data, cuts)
    position = 0
    for message in messages:
        assert message.offset == position
        position += message.size
    assert position == len(data)
    for number, message in enumerate(messages):
        assert split(data[message.offset :], cuts, offset=message.offset) == messages[number:]


@given(data=mailboxes(), cuts=st.lists(st.integers(0, 400), max_size=6), limit=st.integers(1, 200))
def test_a_message_over_the_limit_is_not_held_and_its_neighbours_are_whole(
    data: bytes, cuts: list[int], limit: int
) -> None:
    whole = split(data, cuts)
    bounded = split(data, cuts, limit=limit)
    assert [message.size for message in bounded] == [message.size for message in whole]
    for message, original in zip(bounded, whole, strict=True):
        assert message.raw == (original.raw if message.size <= limit else None)


def test_quoted_lines_lose_one_sign_and_other_lines_none() -> None:
    data = b"From x\nSubject: a\n\n>From me\n>>From you\n> From us\n>Fromage\n"
    assert split(data, [])[0].raw == b"Subject: a\n\nFrom me\n>From you\n> From us\n>Fromage\n"


def test_crlf_mailboxes_keep_their_line_ends() -> None:
    data = b"From x\r\nSubject: a\r\n\r\nhello\r\n\r\nFrom y\r\nSubject: b\r\n\r\n>From z\r\n"
    assert [message.raw for message in split(data, [])] == [
        b"Subject: a\r\n\r\nhello\r\n",
        b"Subject: b\r\n\r\nFrom z\r\n",
    ]


def test_empty_lines_before_the_first_message_are_passed_over() -> None:
    data = b"\r\n\nFrom x\nSubject: a\n\nhello\n\nFrom y\nSubject: b\n\n"
    messages = split(data, [1, 2, 4])
    assert [(message.offset, message.size) for message in messages] == [(3, 26), (29, 19)]
    assert [message.raw for message in messages] == [b"Subject: a\n\nhello\n", b"Subject: b\n"]
    assert split(data[29:], [], offset=29) == messages[1:]


def test_something_else_is_no_mbox() -> None:
    with pytest.raises(NotAnMbox):
        split(b"Subject: a message, not a mailbox\n\n", [])
    with pytest.raises(NotAnMbox):
        split(b"Fro", [])


def test_an_empty_file_has_no_messages() -> None:
    assert split(b"", []) == []
