"""One JSON Schema (2020-12) for each event and version, in its wire form: the whole CloudEvent.

A field that has a default is optional: events that are older than the field do not have it. What the services always
write is required, also where their own reader does without it (`shared.events.decode`).
"""

import inspect
from typing import Any

from shared.events import EVENTS
from shared.events.envelope import TYPE_PREFIX, schema_of

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def told(key: str) -> str:
    """When the event is published and what it tells: the docstring of its data, as one paragraph."""
    data = EVENTS[key].model_fields["data"].annotation
    return " ".join((inspect.getdoc(data) or "").split())


def event_schema(key: str) -> Schema:
    """The schema that the event's `dataschema` names."""
    schema = EVENTS[key].model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, "$id": schema_of(key), **of_event(key, schema)}


def event_schemas() -> dict[str, Schema]:
    """Routing key -> schema, of every event that is published."""
    return {key: event_schema(key) for key in sorted(EVENTS)}


def of_event(key: str, generated: Schema) -> Schema:
    """A schema as pydantic makes it from the envelope, with what is certain for this one event."""
    envelope = {
        "type": {"const": TYPE_PREFIX + key, "type": "string"},
        "dataschema": {"const": schema_of(key), "type": "string", "format": "uri"},
    }
    properties = {name: envelope.get(name, field) for name, field in generated["properties"].items()}
    return {**generated, "title": key, "description": told(key), "properties": properties}
