"""The generated contract: committed as the code says it, valid by the standards' schemas, and true of the samples."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from shared.access import BROKER_ACCESS, SERVICES
from shared.contract.asyncapi import asyncapi
from shared.contract.schemas import event_schema
from shared.events import EVENTS
from tests.support.builders import sample_events
from tools.specs.writing import DOCS, broken, stale

GOLDEN = DOCS / "consumers" / "golden"


def golden(key: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((GOLDEN / f"{key}.json").read_text(encoding="utf-8"))
    return sample


def test_what_is_committed_is_what_the_code_says() -> None:
    assert stale() == [], "run ./run docs, and commit what it writes"


def test_no_published_version_is_broken() -> None:
    assert broken() == []


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_a_schema_is_valid_and_its_sample_fits(key: str) -> None:
    schema = event_schema(key)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    validator.validate(golden(key))
    validator.validate(json.loads(sample_events()[key].to_bytes()))


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_dataschema_names_the_schema_of_the_event_and_no_other_fits(key: str) -> None:
    schema = event_schema(key)
    assert golden(key)["dataschema"] == schema["$id"] == f"https://mailtally.io/schemas/{key}.json"
    for other in EVENTS.keys() - {key}:
        assert not Draft202012Validator(schema).is_valid(golden(other))


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_what_is_always_written_is_required_also_where_our_own_reader_does_without(key: str) -> None:
    assert {"dataschema", "subject", "correlationid", "time", "sequence"} <= set(event_schema(key)["required"])


@pytest.mark.parametrize("wrong", [{"time": 5}, {"sequence": "1"}, {"specversion": "0.3"}, {"data": {}}, {"id": ""}])
def test_what_is_no_such_event_does_not_fit(wrong: dict[str, Any]) -> None:
    assert not Draft202012Validator(event_schema("scan.started.v1")).is_valid(golden("scan.started.v1") | wrong)


def test_fields_from_the_future_fit() -> None:
    sample = golden("scan.started.v1") | {"futureextension": "x"}
    sample["data"]["future_field"] = [1]
    Draft202012Validator(event_schema("scan.started.v1")).validate(sample)


def test_the_asyncapi_document_fits_its_standard(node_modules: Path) -> None:
    standard = json.loads((node_modules / "@asyncapi/specs/schemas/3.0.0.json").read_text(encoding="utf-8"))
    errors = Draft7Validator(standard).iter_errors(asyncapi())
    assert [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in errors] == []


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = asyncapi()

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for inner in part.values() for found in references(inner)]
        return [found for inner in part for found in references(inner)] if isinstance(part, list) else []

    found = references(document)
    assert len(found) > 100
    for reference in found:
        target: Any = document
        for word in reference.removeprefix("#/").split("/"):
            assert word in target, reference
            target = target[word]


def test_every_event_is_in_the_document_with_its_words_and_its_sender() -> None:
    document = asyncapi()
    for key in EVENTS:
        assert document["channels"][key]["address"] == key
        assert len(document["components"]["messages"][key]["description"]) > 40
        assert any(f"{service}.sends.{key}" in document["operations"] for service in SERVICES)
    assert document["operations"].keys() >= {"status.receives.status.scan.events", "api.receives.task.changed.v1"}
    assert "scanner.sends.scan.requested.v1" not in document["operations"]
    assert BROKER_ACCESS.keys() == set(SERVICES)


def test_every_event_is_explained_in_the_docs() -> None:
    page = (DOCS / "events.md").read_text(encoding="utf-8")
    assert [key for key in EVENTS if f"`{key}`" not in page] == []
