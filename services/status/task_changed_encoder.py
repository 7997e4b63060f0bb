"""The encoder of `task.changed.v1`, straight from a stored document.

Almost every write publishes one. Through the models it would cost more than twice as much and give
the same bytes, as a property test shows.
"""

import datetime as dt
from typing import Any

import orjson
from pydantic import BaseModel

from services.status.merge_rules import TaskDocument
from shared.events import HistoryEntry, TaskChanged, envelope_of, rfc3339, task_fields

_DEFAULTS: dict[str, Any] = {
    name: None if field.is_required() else field.default for name, field in TaskChanged.model_fields.items()
}
_HISTORY = tuple(HistoryEntry.model_fields)


def encode_task_changed(task: TaskDocument) -> tuple[str, bytes]:
    """Return the id and the body of the event for a document as it was committed."""
    known = task_fields(task)
    data = {name: known.get(name, default) for name, default in _DEFAULTS.items()}
    data["history"] = [{name: entry[name] for name in _HISTORY} for entry in data["history"]]
    envelope = envelope_of(
        TaskChanged, data["task_id"], service="status", sequence=data["version"], time=data["updated_at"]
    )
    trace = {"traceparent": task["_traceparent"]} if task.get("_traceparent") else {}
    return envelope["id"], orjson.dumps(envelope | trace | {"data": data}, _encode, orjson.OPT_PASSTHROUGH_DATETIME)


def _encode(value: Any) -> Any:
    """Encode what JSON has no form for: times, a result, and whatever an older system left in a
    field."""
    match value:
        case dt.datetime():
            return rfc3339(value)
        case BaseModel():
            return value.model_dump()
    return str(value)
