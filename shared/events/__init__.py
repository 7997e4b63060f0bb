"""All events of the product, and their decoder."""

from typing import Any

import orjson
from pydantic import ValidationError

from shared.errors import MalformedEvent, UnknownEvent
from shared.events.accounts import AccountChecked, AccountCheckRequested, AccountDeleted, AccountSecretRotated
from shared.events.envelope import (
    CONTENT_TYPE,
    TYPE_PREFIX,
    Event,
    EventData,
    envelope_of,
    event_id,
    new_event,
    read_event,
)
from shared.events.invoices import InvoiceFound
from shared.events.scans import (
    ScanCancelled,
    ScanCancelRequested,
    ScanCleanupRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanResult,
    ScanStarted,
)
from shared.events.tasks import LEGACY_DONE, TERMINAL, HistoryEntry, Task, TaskChanged, TaskStatus, task_fields
from shared.events.webhooks import WebhookDisabled, WebhookTest
from shared.timestamps import Timestamp, rfc3339, utc_now

__all__ = [
    "CONTENT_TYPE",
    "EVENTS",
    "LEGACY_DONE",
    "TERMINAL",
    "AccountCheckRequested",
    "AccountChecked",
    "AccountDeleted",
    "AccountSecretRotated",
    "Event",
    "EventData",
    "HistoryEntry",
    "InvoiceFound",
    "ScanCancelRequested",
    "ScanCancelled",
    "ScanCleanupRequested",
    "ScanCompleted",
    "ScanFailed",
    "ScanProgressed",
    "ScanQueued",
    "ScanRequested",
    "ScanResult",
    "ScanStarted",
    "Task",
    "TaskChanged",
    "TaskStatus",
    "Timestamp",
    "WebhookDisabled",
    "WebhookTest",
    "decode",
    "envelope_of",
    "event_id",
    "new_event",
    "rfc3339",
    "task_fields",
    "utc_now",
]

EVENTS: dict[str, type[Event[Any]]] = {
    data.routing_key: Event[data]  # type: ignore[valid-type]  # a parametrised model made at run time
    for data in (
        ScanRequested,
        ScanCancelRequested,
        ScanCleanupRequested,
        ScanQueued,
        ScanStarted,
        ScanProgressed,
        ScanCompleted,
        ScanFailed,
        ScanCancelled,
        InvoiceFound,
        TaskChanged,
        AccountCheckRequested,
        AccountChecked,
        AccountSecretRotated,
        AccountDeleted,
        WebhookTest,
        WebhookDisabled,
    )
}
"""Routing key -> model of every version that this code reads."""


def decode(body: bytes) -> Event[Any]:
    """Read an event from its wire form.

    Raises `UnknownEvent` for a type or version without a model, `MalformedEvent` for any other
    invalid body; neither quotes the body, which may hold what must not reach a log. An attribute
    that is null counts as absent (CloudEvents' JSON format, section 2.1). Optional attributes of
    CloudEvents are filled in where they follow from the others; only the sender knows `time` and
    `sequence`.
    """
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedEvent(f"not JSON: {error.msg} at byte {error.pos}") from None
    event_type = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(event_type, str) or not event_type.startswith(TYPE_PREFIX):
        raise MalformedEvent(f"no CloudEvent: `type` must be a string that starts with {TYPE_PREFIX}")
    model = EVENTS.get(event_type.removeprefix(TYPE_PREFIX))
    if model is None:
        raise UnknownEvent(f"no model for type {event_type[:100]}")
    try:
        return read_event(model, raw)
    except ValidationError as error:
        errors = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors()[:5])
        raise MalformedEvent(f"{event_type}: {errors}") from None
