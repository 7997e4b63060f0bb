"""JSON Schemas (2020-12) of the events in their wire form, one for each version: the whole
CloudEvent.

A field with a default is optional, since older events do not have it. A field that the services
always write is required, also where their own reader does not need it (`shared.events.decode`).
"""

import inspect
from typing import Any

from shared.events import EVENTS
from shared.events.envelope import TYPE_PREFIX, schema_of

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_description(key: str) -> str:
    """Return when the event is published and what it means: the docstring of its data, as one
    paragraph."""
    data = EVENTS[key].model_fields["data"].annotation
    return " ".join((inspect.getdoc(data) or "").split())


def event_schema(key: str) -> Schema:
    """Return the schema that the event's `dataschema` names."""
    schema = EVENTS[key].model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, "$id": schema_of(key), **specialise(key, schema)}


def event_schemas() -> dict[str, Schema]:
    """Return routing key -> schema of every event."""
    return {key: event_schema(key) for key in sorted(EVENTS)}


def specialise(key: str, generated: Schema) -> Schema:
    """Add the constants of one event to the schema that pydantic generates from the envelope."""
    envelope = {
        "type": {"const": TYPE_PREFIX + key, "type": "string"},
        "dataschema": {"const": schema_of(key), "type": "string", "format": "uri"},
    }
    properties = {name: envelope.get(name, field) for name, field in generated["properties"].items()}
    return {**generated, "title": key, "description": event_description(key), "properties": properties}
