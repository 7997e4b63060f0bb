"""The AsyncAPI 3 document: every event, its channels, and the services that send and receive it.

It is generated from the event models, `shared.access` and `shared.messaging.topology`. The broker
is provisioned from the same data, so the document always shows what the broker enforces. Source:
AsyncAPI 3.0.0, AMQP bindings 0.3.0.
"""

import re
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.access import BROKER_ACCESS
from shared.contract.schemas import event_description, specialise
from shared.events import CONTENT_TYPE, EVENTS
from shared.messaging.topology import EVENTS_EXCHANGE, EVENTS_LOG, EVENTS_LOG_KEYS, WORK_QUEUES, matches
from shared.version import VERSION

Part = dict[str, Any]

_BINDING_VERSION = "0.3.0"
_DESCRIPTION = """Events of Mailtally, for systems that build on them. Each is a CloudEvent 1.0 in structured JSON on
the topic exchange `mailtally.events`. They arrive at least once and in any order: take an event that you have seen
(same `id`) for done, order those of one task from one source by `sequence`, and ignore fields that you do not know."""


@cache
def asyncapi() -> Part:
    """Return the whole document; treat it as read-only."""
    return {
        "asyncapi": "3.0.0",
        "id": "https://mailtally.io/",
        "info": {
            "title": "Mailtally events",
            "version": VERSION,
            "description": " ".join(_DESCRIPTION.split()),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"rabbitmq": _server()},
        "channels": {**{key: _key_channel(key) for key in EVENTS}, **_queue_channels()},
        "operations": {**_sends(), **_receives()},
        "components": {
            "messages": {key: _message(key) for key in EVENTS},
            "schemas": _schemas(),
            "securitySchemes": {"password": {"type": "plain", "description": "a RabbitMQ user"}},
        },
    }


def _server() -> Part:
    return {
        "host": "{host}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "description": "RabbitMQ. `mailtally consumers add NAME` makes a user and prints its URL.",
        "variables": {"host": {"default": "localhost:5672", "description": "host and port"}},
        "security": [{"$ref": "#/components/securitySchemes/password"}],
    }


def _exchange() -> Part:
    return {"name": EVENTS_EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}


def _key_channel(key: str) -> Part:
    binding = {"is": "routingKey", "exchange": _exchange(), "bindingVersion": _BINDING_VERSION}
    return {"address": key, "messages": _messages([key]), "servers": [_ref("servers", "rabbitmq")]} | {
        "description": f"Routing key on the exchange {EVENTS_EXCHANGE}.",
        "bindings": {"amqp": binding},
    }


def _queue_channels() -> Part:
    """Return the queues of the services, and the event log, which every consumer may read."""
    queues = {
        queue.name: (
            f"Bound with {', '.join(f'`{key}`' for key in queue.routing_keys)}.",
            [key for key in EVENTS if queue.takes(key)],
        )
        for queue in WORK_QUEUES
        if queue.exchange == EVENTS_EXCHANGE
    }
    queues[EVENTS_LOG] = (
        "A stream: every consumer reads all of it, from wherever it likes (`x-stream-offset`).",
        [key for key in EVENTS if any(matches(pattern, key) for pattern in EVENTS_LOG_KEYS)],
    )
    return {
        name: {
            "address": name,
            "description": description,
            "messages": _messages(keys),
            "servers": [_ref("servers", "rabbitmq")],
            "bindings": {
                "amqp": {
                    "is": "queue",
                    "queue": {"name": name, "durable": True, "exclusive": False, "autoDelete": False},
                    "bindingVersion": _BINDING_VERSION,
                }
            },
        }
        for name, (description, keys) in queues.items()
    }


def _sends() -> Part:
    amqp = {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING_VERSION}
    return {
        f"{service}.sends.{key}": {
            "action": "send",
            "channel": _ref("channels", key),
            "messages": _refs(key, [key]),
            "summary": f"The {service} service publishes {key}.",
            "tags": [{"name": service}],
            "bindings": {"amqp": amqp},
        }
        for service, access in BROKER_ACCESS.items()
        for key in EVENTS
        if re.search(access.publishes, key)
    }


def _receives() -> Part:
    """Return receivers of work queues (the owner is the first word of the name) and of the queues
    of the live feed."""
    channels = {queue.name: [key for key in EVENTS if queue.takes(key)] for queue in WORK_QUEUES}
    pairs = [(name.split(".")[0], name, keys) for name, keys in channels.items() if keys]
    pairs += [
        (service, key, [key])
        for service, access in BROKER_ACCESS.items()
        for key in EVENTS
        if re.search(access.subscribes, key)
    ]
    return {
        f"{service}.receives.{channel}": {
            "action": "receive",
            "channel": _ref("channels", channel),
            "messages": _refs(channel, keys),
            "summary": f"The {service} service reads {channel}.",
            "tags": [{"name": service}],
            "bindings": {"amqp": {"ack": True, "bindingVersion": _BINDING_VERSION}},
        }
        for service, channel, keys in pairs
    }


def _message(key: str) -> Part:
    description = event_description(key)
    return {
        "name": key,
        "title": _title(key),
        "summary": description.split(". ")[0].rstrip(".") + ".",
        "description": description,
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {
                "cloudEvents_id": {"type": "string", "description": "the event's `id`"},
                "traceparent": {"type": "string", "description": "W3C trace context: the event's `traceparent`"},
            },
            "required": ["cloudEvents_id"],
        },
        "payload": {"$ref": f"#/components/schemas/{key}"},
        "correlationId": {"location": "$message.payload#/correlationid", "description": "the event's `subject`"},
        "bindings": {
            "amqp": {"contentEncoding": "utf-8", "messageType": key, "bindingVersion": _BINDING_VERSION},
        },
    }


def _schemas() -> Part:
    """Return the schemas of events by routing key, and of the models within them by name."""
    models = [(model, "serialization") for model in EVENTS.values()]
    refs, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    named = {refs[model, "serialization"]["$ref"].rpartition("/")[2]: key for key, model in EVENTS.items()}
    parts = definitions["$defs"]
    events = {key: specialise(key, parts[name]) for name, key in named.items()}
    return events | {name: part for name, part in sorted(parts.items()) if name not in named}


def _title(key: str) -> str:
    words = key.rpartition(".")[0].replace(".", " ").replace("_", " ")
    return words.capitalize()


def _messages(keys: list[str]) -> Part:
    return {key: {"$ref": f"#/components/messages/{key}"} for key in keys}


def _refs(channel: str, keys: list[str]) -> list[Part]:
    return [{"$ref": f"#/channels/{channel}/messages/{key}"} for key in keys]


def _ref(*path: str) -> Part:
    return {"$ref": "#/" + "/".join(path)}
