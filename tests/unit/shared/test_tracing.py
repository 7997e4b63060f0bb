"""W3C trace context as it comes in, as it goes on, and in the log."""

import json
import logging

import pytest

from shared.events import decode
from shared.messaging.publishing import event_headers
from shared.observability import logs
from shared.observability.tracing import (
    current_trace_id,
    current_traceparent,
    new_traceparent,
    trace_context,
    trace_id_of,
    valid_traceparent,
)
from tests.support.events import TRACE, Scan

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (TRACE, TRACE),
        (f" {TRACE} ", TRACE),
        (f"01{TRACE[2:]}", TRACE),
        (f"cc{TRACE[2:]}-what-will-be", TRACE),
        (None, None),
        ("", None),
        ("nonsense", None),
        (f"ff{TRACE[2:]}", None),
        (f"{TRACE}-more", None),
        (TRACE.upper(), None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE_ID}-{'0' * 16}-01", None),
    ],
)
def test_only_a_valid_header_is_taken_on(header: str | None, taken: str | None) -> None:
    assert valid_traceparent(header) == taken


def test_a_new_trace_is_valid_and_another_each_time() -> None:
    first, second = new_traceparent(), new_traceparent()
    assert valid_traceparent(first) == first
    assert trace_id_of(first) != trace_id_of(second)


def test_work_has_its_trace_and_nothing_else_has() -> None:
    assert current_traceparent() is None
    with trace_context(TRACE, "task-1"):
        assert (current_traceparent(), current_trace_id()) == (TRACE, TRACE_ID)
        with trace_context(None):
            assert current_trace_id() is None
        assert current_trace_id() == TRACE_ID
    assert current_traceparent() is None


def test_the_envelope_carries_it_and_the_headers_repeat_it() -> None:
    event = decode(Scan().started().to_bytes())
    assert event.traceparent == TRACE
    assert event_headers(event.id, event.traceparent) == {"cloudEvents_id": event.id, "traceparent": TRACE}
    assert event_headers(event.id, None) == {"cloudEvents_id": event.id}
    assert b"traceparent" not in Scan(traceparent=None).started().to_bytes()


def test_a_log_line_names_the_trace_and_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        logs.configure("scanner")
        logger = logging.getLogger("mailtally.test")
        with trace_context(TRACE, "task-1"):
            logger.info("working")
            logger.info("on another", extra={"task_id": "task-2"})
        with trace_context("what somebody sent"):
            logger.info("idle")
        logger.info("idle")
    finally:
        root.handlers[:], root.level = handlers, level
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line.get("trace_id"), line.get("task_id")) for line in lines] == [
        (TRACE_ID, "task-1"),
        (TRACE_ID, "task-2"),
        (None, None),
        (None, None),
    ]
