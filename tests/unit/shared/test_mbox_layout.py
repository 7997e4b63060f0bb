"""The borders between the messages of an mbox, against an independent statement of the rule."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mailbox_formats.mbox_layout import MboxBoundaries, NotAnMbox, is_mbox

LINES = st.sampled_from(
    [b"", b"From a@b Thu Nov 12\n", b"From ", b">From x\n", b"\n", b"\r\n", b"\r", b"text\n", b"end\r\n", b"From"]
)
EMPTY = st.lists(st.sampled_from([b"\n", b"\r\n"])).map(b"".join)
CUTS = st.lists(st.integers(0, 60), max_size=9)


def told(content: bytes, cuts: list[int]) -> list[int]:
    """Where messages begin, for bytes that arrive in pieces; every byte must come back, once."""
    borders, found, settled = MboxBoundaries(), [], b""
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    for start, end in pairwise(edges):
        stretch = borders.feed(content[start:end])
        found += [len(settled) + begin for begin in stretch.starts]
        settled += stretch.data[: stretch.end]
    rest = borders.finish()
    assert rest.starts == []
    assert settled + rest.data[: rest.end] == content
    return found


def stated(content: bytes) -> list[int]:
    """The rule in other words: a line "From " that is the first one not empty, or has an empty line before it."""
    found, offset, is_after_empty = [], 0, True
    for line in re.split(rb"\n", content):
        if line.startswith(b"From ") and is_after_empty:
            found.append(offset)
        offset, is_after_empty = offset + len(line) + 1, line in (b"", b"\r")
    return found


@given(EMPTY, st.lists(LINES).map(b"".join), CUTS)
def test_the_borders_are_those_of_the_rule_however_the_bytes_are_cut(
    empty: bytes, rest: bytes, cuts: list[int]
) -> None:
    content = empty + b"From first\n" + rest
    assert is_mbox(content)
    assert told(content, cuts) == stated(content)


@given(EMPTY, st.lists(LINES).map(b"".join))
def test_the_bytes_may_arrive_one_by_one(empty: bytes, rest: bytes) -> None:
    content = empty + b"From first\n" + rest
    assert told(content, list(range(len(content)))) == stated(content)


@given(EMPTY, st.lists(LINES).map(b"".join), CUTS)
def test_bytes_are_refused_if_and_only_if_they_are_no_mbox(empty: bytes, rest: bytes, cuts: list[int]) -> None:
    content = empty + rest
    if is_mbox(content) or re.fullmatch(rb"(\r?\n)*", content):
        assert told(content, cuts) == stated(content)
    else:
        with pytest.raises(NotAnMbox):
            told(content, cuts)


@pytest.mark.parametrize(
    "head", [b"\rFrom a\n", b"\n\r\rFrom a\n", b" \nFrom a\n", b"text\n\nFrom a\n", b"Fro", b"\r", b">From a"]
)
def test_what_does_not_begin_with_a_message_is_no_mbox(head: bytes) -> None:
    assert not is_mbox(head)
    with pytest.raises(NotAnMbox):
        told(head, [])


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\n"])
def test_nothing_but_empty_lines_has_no_messages(content: bytes) -> None:
    assert told(content, [1]) == []
