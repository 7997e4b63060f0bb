"""The event stream format."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cli.client.sse import Event, read_events

_STREAM = (
    b": ping\r\n\r\n"
    b'id: 7\r\nevent: task\r\ndata: {"a":\r\ndata: 1}\r\n\r\n'
    b"retry: 500\n\n"
    b"data:no blank, no id, U+2028 \xe2\x80\xa8 inside\n\n"
    b"id: 9\nevent: task\ndata: cut off"
)
_EVENTS = [
    Event("task", "7", '{"a":\n1}'),
    Event("message", "7", "no blank, no id, U+2028 \N{LINE SEPARATOR} inside"),
]


@given(st.lists(st.integers(0, len(_STREAM))))
def test_events_are_the_same_wherever_the_chunks_end(cuts: list[int]) -> None:
    borders = [0, *sorted(cuts), len(_STREAM)]
    chunks = [_STREAM[start:end] for start, end in pairwise(borders)]
    assert list(read_events(chunks)) == _EVENTS
