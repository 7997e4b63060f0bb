"""W3C trace context: the trace and the task that log records and spans belong to.

A scan is one trace: the api takes it from the HTTP request that starts the scan, or begins one. It
is stored with the request, the run and the task, so that an event that is published again has the
same bytes. Source: W3C Trace Context.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

_FORM = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_SAMPLED = "01"
_FIRST_VERSION = "00"
_NO_VERSION = "ff"


class _Context(NamedTuple):
    traceparent: str | None
    task_id: str | None


_context: ContextVar[_Context] = ContextVar("context", default=_Context(None, None))  # noqa: B039 (a NamedTuple does not change)


def new_traceparent() -> str:
    """Begin a trace. It is marked as sampled, so that the systems that continue it record it."""
    digits = os.urandom(24).hex()
    return f"{_FIRST_VERSION}-{digits[:32]}-{digits[32:]}-{_SAMPLED}"


def valid_traceparent(header: str | None) -> str | None:
    """Return a `traceparent` header in the version that we write; None if it is not valid."""
    match = _FORM.fullmatch(header.strip()) if header else None
    if match is None or match["version"] == _NO_VERSION or not int(match["trace"], 16) or not int(match["span"], 16):
        return None
    if match["version"] == _FIRST_VERSION and match["more"]:
        return None
    return f"{_FIRST_VERSION}-{match['trace']}-{match['span']}-{match['flags']}"


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace id, 32 hexadecimal digits; None for text that is no trace context."""
    match = None if traceparent is None else _FORM.fullmatch(traceparent)
    return None if match is None else match["trace"]


def current_traceparent() -> str | None:
    """Return the trace context of the current work; None outside of `trace_context`."""
    return _context.get().traceparent


def current_trace_id() -> str | None:
    """Return the trace id of the current work."""
    return trace_id_of(current_traceparent())


@contextmanager
def trace_context(traceparent: str | None, task_id: str | None = None) -> Iterator[None]:
    """Assign all code inside, and every asyncio task started inside, to this trace and this task."""
    token = _context.set(_Context(traceparent, task_id))
    try:
        yield
    finally:
        _context.reset(token)


class TraceFilter(logging.Filter):
    """Adds the current trace and task to every log record that does not name its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return true: no record is dropped."""
        traceparent, task_id = _context.get()
        trace_id = trace_id_of(traceparent)
        if trace_id is not None and not hasattr(record, "trace_id"):
            record.trace_id = trace_id
        if task_id is not None and not hasattr(record, "task_id"):
            record.task_id = task_id
        return True
