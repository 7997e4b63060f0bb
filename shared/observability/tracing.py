"""Which request all this belongs to: W3C trace context, and what is worked on, for log lines and for spans.

A scan is one trace: the api takes it from the HTTP request that asked for the scan, or begins one; it is stored with
the request, the run and the task, so that an event that is published again is the same to the byte. Source: W3C Trace
Context.
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


class _Work(NamedTuple):
    traceparent: str | None
    task_id: str | None


_work: ContextVar[_Work] = ContextVar("work", default=_Work(None, None))  # noqa: B039 (a NamedTuple does not change)


def new_traceparent() -> str:
    """A trace that begins here. It is marked as sampled, so that whoever continues it records it."""
    digits = os.urandom(24).hex()
    return f"{_FIRST_VERSION}-{digits[:32]}-{digits[32:]}-{_SAMPLED}"


def accepted(header: str | None) -> str | None:
    """The trace context of a `traceparent` header in the version that we write; None for one that is not valid."""
    found = _FORM.fullmatch(header.strip()) if header else None
    if found is None or found["version"] == _NO_VERSION or not int(found["trace"], 16) or not int(found["span"], 16):
        return None
    if found["version"] == _FIRST_VERSION and found["more"]:
        return None
    return f"{_FIRST_VERSION}-{found['trace']}-{found['span']}-{found['flags']}"


def trace_id_of(traceparent: str | None) -> str | None:
    """The 32 digits that all of a trace have in common; None for what is no trace context, whoever sent it."""
    found = None if traceparent is None else _FORM.fullmatch(traceparent)
    return None if found is None else found["trace"]


def current_traceparent() -> str | None:
    """Of what is being worked on; None outside of all work."""
    return _work.get().traceparent


def current_trace_id() -> str | None:
    """Its trace id."""
    return trace_id_of(current_traceparent())


@contextmanager
def working_on(traceparent: str | None, task_id: str | None = None) -> Iterator[None]:
    """All that runs inside, and every task that is started inside, belongs to this trace and this task."""
    token = _work.set(_Work(traceparent, task_id))
    try:
        yield
    finally:
        _work.reset(token)


class TraceFilter(logging.Filter):
    """Gives every record the trace and the task that are worked on, unless it names its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        traceparent, task_id = _work.get()
        trace_id = trace_id_of(traceparent)
        if trace_id is not None and not hasattr(record, "trace_id"):
            record.trace_id = trace_id
        if task_id is not None and not hasattr(record, "task_id"):
            record.task_id = task_id
        return True
