"""What may change in a published schema, and what may not."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from tools.specs.compatibility import breaking_changes
from tools.specs.writing import broken, stale, write


class Inner(BaseModel):
    at: str


class Published(BaseModel):
    name: str
    size: int = Field(default=0, ge=0)
    kind: Literal["a", "b"] = "a"
    note: str | None = None
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    totals: dict[str, str] = {}


def schema(**changes: Any) -> dict[str, Any]:
    fields = {name: (field.annotation, field) for name, field in Published.model_fields.items()}
    for name, change in changes.items():
        fields.pop(name) if change is None else fields.update({name: change})
    return create_model("Other", **fields).model_json_schema(mode="serialization")  # type: ignore[call-overload,no-any-return]


class Deeper(BaseModel):
    at: int


class Wider(BaseModel):
    at: str
    more: int | None = None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": None}, "name is gone or has another name"),
        ({"name": None, "title": (str, "")}, "name is gone or has another name"),
        ({"size": (str, "")}, "size changed its type from integer to string"),
        ({"note": (str, "")}, "note changed its type from null or string to string"),
        ({"extra": (str, ...)}, "extra is new and required, and older events do not have it"),
        ({"note": (str | None, ...)}, "note became required"),
        ({"name": (str, "x")}, "name became optional"),
        ({"kind": (Literal["a"], "a")}, "kind changed its constant"),
        ({"kind": (Literal["a", "c", "b"], "a")}, "kind got the value c, which readers do not know"),
        ({"kind": (Literal["a", "c"], "a")}, "kind lost the value b"),
        ({"size": (int, Field(default=0, ge=1))}, "size changed its minimum"),
        ({"size": (int, 0)}, "size changed its minimum"),
        ({"inner": (Deeper | None, None)}, "inner.at changed its type from string to integer"),
        ({"many": (tuple[Deeper, ...], ())}, "many[].at changed its type from string to integer"),
        ({"totals": (dict[str, int], {})}, "totals.* changed its type from string to integer"),
    ],
)
def test_a_change_that_breaks_readers_is_named(change: dict[str, Any], said: str) -> None:
    assert said in breaking_changes(schema(), schema(**change))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"extra": (str | None, None)},
        {"extra": (int, 0)},
        {"inner": (Wider | None, None)},
        {"many": (tuple[Wider, ...], ())},
        {"note": (str | None, Field(default=None, description="other words"))},
    ],
)
def test_a_change_that_readers_need_not_notice_passes(change: dict[str, Any]) -> None:
    assert breaking_changes(schema(), schema(**change)) == []


def test_an_open_list_of_values_may_grow() -> None:
    fields = {"properties": {"format": {"type": "string", "x-extensible-enum": ["pdf"]}}}
    grown = {"properties": {"format": {"type": "string", "x-extensible-enum": ["pdf", "edifact"]}}}
    assert breaking_changes(fields, grown) == []


def test_a_published_file_that_the_code_breaks_is_refused_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path)
    assert stale(tmp_path) == broken(tmp_path) == []
    path = tmp_path / "schemas" / "scan.started.v1.json"
    published = json.loads(path.read_text())
    published["$defs"]["ScanStarted"]["properties"]["folder"] = {"type": "string"}
    path.write_text(json.dumps(published))
    (sentence,) = broken(tmp_path)
    assert sentence.startswith("scan.started.v1: data.folder is gone or has another name.")
    assert "scan.started.v2" in sentence


def test_an_event_that_is_gone_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "schemas" / "scan.paused.v1.json").write_text("{}")
    (sentence,) = broken(tmp_path)
    assert sentence.startswith("scan.paused.v1: the event is gone.")


def test_an_older_file_that_lacks_an_optional_field_is_written_anew(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "schemas" / "scan.started.v1.json"
    published = json.loads(path.read_text())
    del published["$defs"]["ScanStarted"]["properties"]["estimated_duration"]
    path.write_text(json.dumps(published))
    assert broken(tmp_path) == []
    assert write(tmp_path) == ["schemas/scan.started.v1.json"]
    assert stale(tmp_path) == []
