"""The envelope of every event: CloudEvents 1.0 in structured JSON.

Source: CloudEvents 1.0.2, with its documented extensions `sequence`, `correlationid` and
`traceparent`.
"""

import datetime as dt
import uuid
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.timestamps import Timestamp

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "io.mailtally."
SCHEMA_PREFIX = "https://mailtally.io/schemas/"
_ID_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://mailtally.io/events")
_SEQUENCE_DIGITS = 20
_INFERRED = frozenset({"dataschema", "subject", "correlationid"})
"""Attributes that may be absent: they follow from the type and the data."""


class EventData(BaseModel):
    """Base of every payload. `routing_key` is declared, never derived from the class name, so a rename is safe.

    Readers ignore unknown fields; writers add optional ones only. A breaking change is a new class with a
    new key beside the old one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    routing_key: ClassVar[str]

    @property
    def event_subject(self) -> str:
        """Return CloudEvents `subject` and `correlationid`: the id of the task or other object of
        the event."""
        raise NotImplementedError


class TaskEventData(EventData):
    """Base of the payloads that belong to one task."""

    task_id: str = Field(min_length=1, max_length=64)

    @property
    def event_subject(self) -> str:
        """Return the task's id."""
        return self.task_id


DataT = TypeVar("DataT", bound=EventData)


class Event(BaseModel, Generic[DataT]):
    """One event in its wire form. Build it with `new_event`, read it with `shared.events.decode`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=64)
    source: str
    type: str
    subject: str
    time: Timestamp
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    sequence: str = Field(pattern=rf"^\d{{{_SEQUENCE_DIGITS}}}$")
    correlationid: str
    traceparent: str | None = None
    data: DataT

    @property
    def routing_key(self) -> str:
        """Return the routing key of the event."""
        return self.data.routing_key

    def to_bytes(self) -> bytes:
        """Encode as UTF-8 JSON without absent extensions."""
        exclude = {"traceparent"} if self.traceparent is None else None
        return self.model_dump_json(exclude=exclude).encode()


def read_event(model: type[Event[DataT]], raw: dict[str, Any]) -> Event[DataT]:
    """Read an event that has at least what CloudEvents requires; `raw` is of the model's type.

    Raises pydantic's `ValidationError` if `time`, `sequence` or something that CloudEvents requires
    is missing.
    """
    attributes = {name: value for name, value in raw.items() if value is not None}
    if attributes.keys() >= _INFERRED:
        return model.model_validate(attributes)
    schema = schema_of(str(raw["type"]).removeprefix(TYPE_PREFIX))
    event = model.model_validate({"dataschema": schema, "subject": "", "correlationid": "", **attributes})
    subject = attributes.get("subject", event.data.event_subject)
    derived = {"subject": subject, "correlationid": attributes.get("correlationid", subject)}
    return event.model_copy(update=derived)


def schema_of(routing_key: str) -> str:
    """Return the `dataschema` of the events with this routing key."""
    return f"{SCHEMA_PREFIX}{routing_key}.json"


def event_id(subject: str, routing_key: str, discriminator: int | str) -> str:
    """Return a deterministic id (UUIDv5), so that readers recognise an event that is published
    again.

    `discriminator` is the sequence number for events of a task, the invoice's key for
    `invoice.found`.
    """
    return str(uuid.uuid5(_ID_NAMESPACE, f"{subject}\n{routing_key}\n{discriminator}"))


def new_event(
    data: DataT,
    *,
    service: str,
    sequence: int,
    time: dt.datetime,
    discriminator: str | None = None,
    traceparent: str | None = None,
) -> Event[DataT]:
    """Wrap `data` as published by `service` ("api", "scanner" or "status").

    `sequence` orders the events of a task from one source. `time` is when the fact happened, not
    when it is published: an event that is published again must be the same.
    """
    envelope = envelope_of(
        type(data), data.event_subject, service=service, sequence=sequence, time=time, discriminator=discriminator
    )
    return Event[DataT](**envelope, traceparent=traceparent, data=data)


def envelope_of(
    data_type: type[EventData],
    subject: str,
    *,
    service: str,
    sequence: int,
    time: dt.datetime,
    discriminator: str | None = None,
) -> dict[str, Any]:
    """Return an event without its data, in the order of the wire form; see `new_event`."""
    key = data_type.routing_key
    return {
        "specversion": "1.0",
        "id": event_id(subject, key, sequence if discriminator is None else discriminator),
        "source": f"/mailtally/{service}",
        "type": TYPE_PREFIX + key,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": schema_of(key),
        "sequence": f"{sequence:0{_SEQUENCE_DIGITS}d}",
        "correlationid": subject,
    }
