"""CloudEvents 1.0 in structured JSON: the one envelope around everything that is published.

Source: CloudEvents 1.0.2, with its documented extensions `sequence`, `correlationid` and `traceparent`.
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
"""Attributes that events need not have: the type names the schema, and the data whom they are about."""


class EventData(BaseModel):
    """Base of every payload. `routing_key` is declared, never derived from the class name, so a rename is safe.

    Readers ignore fields that they do not know; writers add optional ones only. A breaking change is a new class
    with a new key beside the old one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    routing_key: ClassVar[str]

    @property
    def event_subject(self) -> str:
        """The task that the event is about: CloudEvents `subject` and `correlationid`."""
        raise NotImplementedError


class TaskEventData(EventData):
    """Base of the payloads that belong to one task."""

    task_id: str = Field(min_length=1, max_length=64)

    @property
    def event_subject(self) -> str:
        """The task's id."""
        return self.task_id


DataT = TypeVar("DataT", bound=EventData)


class Event(BaseModel, Generic[DataT]):
    """One event as it stands on the wire. Build it with `new_event`, read it with `shared.events.decode`."""

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
        """The key that the event is published under."""
        return self.data.routing_key

    def to_bytes(self) -> bytes:
        """The wire form: UTF-8 JSON, absent extensions left out."""
        exclude = {"traceparent"} if self.traceparent is None else None
        return self.model_dump_json(exclude=exclude).encode()


def read_event(model: type[Event[DataT]], raw: dict[str, Any]) -> Event[DataT]:
    """The event that a sender meant who wrote no more than CloudEvents asks for; `raw` is of the model's type.

    Raises pydantic's `ValidationError` if `time`, `sequence` or something that CloudEvents requires is missing.
    """
    attributes = {name: value for name, value in raw.items() if value is not None}
    if attributes.keys() >= _INFERRED:
        return model.model_validate(attributes)
    schema = schema_of(str(raw["type"]).removeprefix(TYPE_PREFIX))
    event = model.model_validate({"dataschema": schema, "subject": "", "correlationid": "", **attributes})
    subject = attributes.get("subject", event.data.event_subject)
    told = {"subject": subject, "correlationid": attributes.get("correlationid", subject)}
    return event.model_copy(update=told)


def schema_of(routing_key: str) -> str:
    """The `dataschema` of the events that are published under the key."""
    return f"{SCHEMA_PREFIX}{routing_key}.json"


def event_id(subject: str, routing_key: str, discriminator: int | str) -> str:
    """A deterministic id (UUIDv5), so that publishing the same fact again is recognised as the same event.

    `discriminator` is the sequence number for events of a task, the invoice's key for `invoice.found`.
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

    `sequence` orders the events of a task that come from one source. `time` is when the fact happened, not when it
    is published: publishing again must give the same event.
    """
    envelope = envelope_of(
        type(data), data.event_subject, service=service, sequence=sequence, time=time, discriminator=discriminator
    )
    return Event[DataT](**envelope, traceparent=traceparent, data=data)


def envelope_of(
    kind: type[EventData],
    subject: str,
    *,
    service: str,
    sequence: int,
    time: dt.datetime,
    discriminator: str | None = None,
) -> dict[str, Any]:
    """All of an event but its data, in the order of the wire form; see `new_event`."""
    key = kind.routing_key
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
