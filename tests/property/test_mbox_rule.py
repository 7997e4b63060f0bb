"""What the api notes of an mbox when it is uploaded, the scanner relies on: both must see the same messages."""

from hypothesis import given
from hypothesis import strategies as st

from services.api.accounts.upload.format_detection import MboxCounter
from services.scanner.sources.mbox import MboxSplitter

LINES = st.sampled_from([b"\n", b"\r\n", b"From a\n", b"From ", b">From b\n", b"text\n", b"\r", b"F", b"rom c\r\n"])


EMPTY = st.lists(st.sampled_from([b"\n", b"\r\n"]), max_size=3)


@given(EMPTY, st.lists(LINES), st.lists(st.integers(1, 9)), st.integers(1, 3), st.integers(2, 5))
def test_the_places_that_are_noted_are_those_where_the_scanner_splits(
    empty: list[bytes], lines: list[bytes], sizes: list[int], every: int, most: int
) -> None:
    content = b"".join([*empty, b"From first\n", *lines])
    counter, splitter = MboxCounter(every=every, most=most), MboxSplitter(limit=None)
    offsets, rest = [], content
    for size in (*sizes, len(content)):
        counter.feed(rest[:size])
        offsets += [message.offset for message in splitter.feed(rest[:size])]
        rest = rest[size:]
    offsets += [message.offset for message in splitter.finish()]
    assert counter.anchors["messages"] == len(offsets)
    assert counter.anchors["offsets"] == offsets[:: counter.anchors["every"]]
