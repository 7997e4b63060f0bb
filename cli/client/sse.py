"""Server-Sent Events: a reader of the text format (WHATWG HTML, section 9.2.6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One dispatched event; `id` is the last one that the stream has sent so far, as the standard
    says."""

    kind: str
    id: str
    data: str


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Parse chunks of any size into events. Comments (pings) and an incomplete last event are
    dropped."""
    kind, last_id, data = "", "", list[str]()
    for line in _lines(chunks):
        if not line:
            if data:
                yield Event(kind or "message", last_id, "\n".join(data))
            kind, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            last_id = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    # By hand, as str.splitlines would also split at U+2028 and the like inside the data.
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
