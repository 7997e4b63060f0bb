"""The AsyncAPI 3.0 document of the product's events: made from what the services really use, which is data.

Who sends what is read from the broker's topic permissions, who receives what from the queues and their bindings.
"""

import inspect
import re
from typing import Any

from shared.access import BROKER_ACCESS
from shared.events import CONTENT_TYPE, EVENTS
from shared.metrics import VERSION
from shared.topology import EVENTS_EXCHANGE, EVENTS_LOG, WORK_QUEUES

_REFERENCE = "#/components/schemas/{model}"
_DESCRIPTION = (
    "CloudEvents 1.0 in structured JSON on one topic exchange; at least once, so be idempotent by `id`. "
    f"The stream `{EVENTS_LOG}` keeps all but `task.changed.v1`."
)


def document() -> dict[str, Any]:
    """The whole document; see docs/events.md for what holds of all events."""
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for key, event in EVENTS.items():
        payload = event.model_json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas |= payload.pop("$defs", {})
        data: Any = event.model_fields["data"].annotation
        messages[key] = {
            "name": key,
            "title": data.__name__,
            "summary": " ".join((inspect.getdoc(data) or "").split()),
            "contentType": CONTENT_TYPE,
            "payload": payload,
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Mailtally", "version": VERSION, "description": _DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "channels": {key: _channel(key) for key in EVENTS},
        "operations": {**_sent(), **_received()},
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _channel(key: str) -> dict[str, Any]:
    exchange = {"name": EVENTS_EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": key,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _sent() -> dict[str, Any]:
    return {
        f"{service}.send.{key}": _operation("send", key, f"The {service} service")
        for service, access in BROKER_ACCESS.items()
        for key in EVENTS
        if re.search(access.publishes, key)
    }


def _received() -> dict[str, Any]:
    return {
        f"{queue.name}.receive.{key}": _operation("receive", key, f"Through the queue {queue.name}")
        for queue in WORK_QUEUES
        if queue.exchange == EVENTS_EXCHANGE
        for key in EVENTS
        if _matches(queue.routing_key, key)
    }


def _operation(action: str, key: str, who: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{key}"},
        "summary": who,
        "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
    }


def _matches(pattern: str, key: str) -> bool:
    """Topic matching: `*` is one word, `#` any number of them."""
    words = {"*": "[^.]+", "#": ".*"}
    return re.fullmatch("[.]".join(words.get(word, re.escape(word)) for word in pattern.split(".")), key) is not None
