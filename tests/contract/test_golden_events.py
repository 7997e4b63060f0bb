"""What is on the wire stays readable: golden samples are written once a version and never edited."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.events import EVENTS, decode
from tests.support.builders import sample_events

GOLDEN = Path(__file__).parents[2] / "docs" / "consumers" / "golden"


def test_every_event_has_a_golden_sample() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVENTS)


def without_added_fields(written: Any, golden: Any) -> Any:
    """Leave out fields that a version gained after its golden sample was written, as far as they are empty."""
    if not (isinstance(written, dict) and isinstance(golden, dict)):
        return written
    return {
        name: without_added_fields(value, golden.get(name))
        for name, value in written.items()
        if name in golden or value not in (None, [], {})
    }


def test_only_empty_fields_count_as_added() -> None:
    written = {"a": 1, "b": {"c": None, "d": 2, "e": []}, "f": None}
    assert without_added_fields(written, {"a": 1, "b": {"c": None, "d": 2}}) == {"a": 1, "b": {"c": None, "d": 2}}
    assert without_added_fields(written, {"a": 1, "b": {}}) == {"a": 1, "b": {"d": 2}}


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_new_code_writes_what_the_golden_sample_holds(key: str) -> None:
    golden = json.loads((GOLDEN / f"{key}.json").read_text(encoding="utf-8"))
    assert without_added_fields(json.loads(sample_events()[key].to_bytes()), golden) == golden


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_new_code_reads_the_golden_sample(key: str) -> None:
    assert decode((GOLDEN / f"{key}.json").read_bytes()) == sample_events()[key]


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_a_field_from_the_future_is_ignored(key: str) -> None:
    raw = json.loads((GOLDEN / f"{key}.json").read_text(encoding="utf-8"))
    raw["futureextension"] = "x"
    raw["data"]["future_field"] = {"nested": [1, 2]}
    assert decode(json.dumps(raw).encode()) == sample_events()[key]


def test_invoice_found_quotes_nothing_of_the_mail() -> None:
    sample = json.loads((GOLDEN / "invoice.found.v1.json").read_text(encoding="utf-8"))["data"]
    assert "message" not in sample
    assert {found["text"] for found in sample["evidence"].values()} == {""}
