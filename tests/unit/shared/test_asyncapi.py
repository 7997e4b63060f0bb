"""The AsyncAPI document says of every event who sends and who receives it, and refers to nothing that is not there."""

from collections.abc import Iterator
from typing import Any

from shared.asyncapi import document
from shared.events import EVENTS

DOCUMENT = document()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_event_has_a_channel_a_schema_and_a_sender() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT["channels"]) == set(DOCUMENT["components"]["messages"]) == set(EVENTS)
    sent = {name.partition(".send.")[2] for name in DOCUMENT["operations"]}
    assert set(EVENTS) <= sent
    for message in DOCUMENT["components"]["messages"].values():
        assert {"specversion", "id", "type", "data"} <= message["payload"]["properties"].keys()


def test_those_who_receive_are_named_the_status_service_included() -> None:
    for key in ("scan.requested.v1", "scan.completed.v1", "scan.cleanup_requested.v1"):
        assert f"status.scan.events.receive.{key}" in DOCUMENT["operations"]
    assert "scanner.scan.requested.receive.scan.requested.v1" in DOCUMENT["operations"]
    assert not any("status.scan.events.receive.invoice" in name for name in DOCUMENT["operations"])


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        found: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found
