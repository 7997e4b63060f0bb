"""The envelope: deterministic ids, ordered sequences, and errors that say what is wrong without quoting it."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import MalformedEvent, UnknownEvent
from shared.events import EVENTS, ScanQueued, decode, event_id, new_event
from tests.support.builders import AT, sample_events


def test_publishing_the_same_fact_again_gives_the_same_id() -> None:
    assert [event.id for event in sample_events().values()] == [event.id for event in sample_events().values()]


def test_ids_differ_by_task_type_and_sequence() -> None:
    ids = {event_id(task, key, n) for task in ("a", "b") for key in ("x.v1", "y.v1") for n in (1, 2)}
    assert len(ids) == 8


@given(st.integers(0, 10**20 - 1), st.integers(0, 10**20 - 1))
def test_sequences_order_as_text_the_way_they_order_as_numbers(left: int, right: int) -> None:
    data = ScanQueued(task_id="t", user_id="u", account_id="a", reason="r")
    texts = [new_event(data, service="scanner", sequence=n, time=AT).sequence for n in (left, right)]
    assert (texts[0] < texts[1]) == (left < right)


@given(st.datetimes(timezones=st.timezones()))
def test_times_survive_the_wire_to_the_millisecond(moment: dt.datetime) -> None:
    data = ScanQueued(task_id="t", user_id="u", account_id="a", reason="r")
    if not dt.datetime(2, 1, 1, tzinfo=dt.UTC) < moment < dt.datetime(9998, 1, 1, tzinfo=dt.UTC):
        return
    read = decode(new_event(data, service="scanner", sequence=1, time=moment).to_bytes()).time
    assert abs(read - moment) < dt.timedelta(milliseconds=1)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'"x"', b'{"type": 5}', b'{"type": "com.example.x"}'])
def test_what_is_no_event_of_ours_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode(body)


OPTIONAL = ("dataschema", "datacontenttype", "subject", "correlationid", "traceparent")
"""What CloudEvents 1.0 leaves out at will, and its extensions that are said by something else."""


@pytest.mark.parametrize("left_out", [*((name,) for name in OPTIONAL), OPTIONAL], ids="+".join)
@pytest.mark.parametrize("key", sorted(EVENTS))
def test_an_event_is_read_without_what_cloudevents_makes_optional(key: str, left_out: tuple[str, ...]) -> None:
    event = sample_events()[key]
    raw = json.loads(event.to_bytes())
    absent = {name: value for name, value in raw.items() if name not in left_out}
    assert decode(json.dumps(absent).encode()) == event
    assert decode(json.dumps(raw | dict.fromkeys(left_out)).encode()) == event


def test_what_is_filled_in_is_written_again() -> None:
    event = sample_events()["scan.started.v1"]
    raw = json.loads(event.to_bytes())
    absent = {name: value for name, value in raw.items() if name not in OPTIONAL}
    assert decode(json.dumps(absent).encode()).to_bytes() == event.to_bytes()


def test_a_subject_of_its_own_is_kept_and_correlates() -> None:
    raw = json.loads(sample_events()["scan.started.v1"].to_bytes()) | {"subject": "another", "correlationid": None}
    event = decode(json.dumps(raw).encode())
    assert (event.subject, event.correlationid) == ("another", "another")


@pytest.mark.parametrize("name", ["id", "source", "time", "sequence", "data"])
def test_what_nobody_but_the_sender_knows_is_required(name: str) -> None:
    raw = json.loads(sample_events()["scan.started.v1"].to_bytes())
    absent = {other: value for other, value in raw.items() if other != name}
    for body in (absent, raw | {name: None}):
        with pytest.raises(MalformedEvent, match=f"{name}: missing"):
            decode(json.dumps(body).encode())


def test_an_unknown_version_is_told_from_a_malformed_event() -> None:
    with pytest.raises(UnknownEvent, match=r"scan\.requested\.v99"):
        decode(b'{"type": "io.mailtally.scan.requested.v99"}')


def test_a_fault_is_named_and_its_value_is_not_shown() -> None:
    raw = json.loads(sample_events()["scan.progressed.v1"].to_bytes())
    raw["data"]["progress"] = "somebody's secret"
    with pytest.raises(MalformedEvent, match=r"data\.progress") as caught:
        decode(json.dumps(raw).encode())
    assert "secret" not in str(caught.value)
