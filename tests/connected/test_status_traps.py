"""What MongoDB, BSON and its driver do differently from Python, met on the write path of tasks, one test for each."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import orjson
import pytest
from bson.raw_bson import RawBSONDocument

from services.status.repository import COLLECTION
from shared.events import Event, Task, decode
from tests.support.events import START, Scan, a_result
from tests.support.expected_tasks import canonical, expected_task, first_end
from tests.support.histories import by_task
from tests.support.replicas import Replicas, accounted, decoded, refused, replicas
from tests.support.server_records import ServerRecords, server_records

scan = Scan()


@pytest.fixture
async def both(database: Any) -> AsyncIterator[Replicas]:
    """Two replicas."""
    async with replicas(database) as running:
        yield running


@pytest.fixture
def records(database: Any) -> Iterator[ServerRecords]:
    """What the server says about the test's database."""
    with server_records(database) as opened:
        yield opened


def wire(event: Event[Any], *, data: dict[str, Any] | None = None, **fields: Any) -> Event[Any]:
    """The event as another publisher may write it: with other fields, and its keys in the opposite order."""
    said = orjson.loads(event.to_bytes())
    said["data"] = dict(reversed((said["data"] | (data or {})).items()))
    return decode(orjson.dumps(dict(reversed((said | fields).items()))))


async def write_each(both: Replicas, events: Sequence[Event[Any]]) -> RawBSONDocument:
    """The task after the events, written one by one, by either replica in turn."""
    for number, event in enumerate(events):
        await both.write(*([[], [by_task([event])]] if number % 2 else [[by_task([event])]]))
    stored = await both.stored()
    return stored[events[0].data.task_id]


def has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(has_null, value)))


async def test_null_is_never_stored_and_a_stored_one_hides_nothing_that_comes(both: Replicas) -> None:
    silent = [
        wire(scan.requested(), data={"months": None}),
        wire(scan.started(), data={"estimated_duration": None}),
        wire(scan.progressed(3, 10), data={"messages_total": None}),
        wire(scan.cancelled(), data={"result": None}),
    ]
    assert not has_null(decoded(await write_each(both, silent)))
    await both.begin_anew()
    nulls = dict.fromkeys(Task.model_fields.keys() - {"task_id", "status"})
    await both.tasks.insert_one({"_id": scan.task_id, "task_id": scan.task_id, "status": "PROGRESS", **nulls})
    whole = scan.whole()
    task = await write_each(both, whole)
    assert canonical(task) == canonical(expected_task(whole, whole[-1]))
    assert task["version"] > 0


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_number_has_one_type_however_it_was_written(backwards: bool, both: Replicas) -> None:
    events = [
        wire(scan.started(), data={"messages_total": "9", "estimated_duration": 4}),
        wire(scan.started(n=3), data={"messages_total": 10.0, "estimated_duration": "4.5"}),
        wire(scan.progressed(4, 9), data={"progress": "9", "messages_scanned": 4.0}),
        wire(scan.progressed(5, 10), data={"progress": 10.0, "messages_scanned": "5"}),
    ]
    task = await write_each(both, events[::-1] if backwards else events)
    assert canonical(task) == canonical(expected_task(events, None))
    numbers = [task["progress"], task["messages_total"], task["messages_scanned"], task["estimated_duration"]]
    assert [(type(number), number) for number in numbers] == [(int, 10), (int, 20), (int, 5), (float, 4.0)]


async def test_keys_inside_a_task_have_one_order_whoever_wrote_what_first(both: Replicas) -> None:
    told = [scan.requested(), scan.started(), scan.progressed(3, 40), scan.cancelled(result=a_result())]
    orders = [told[:3], told[2::-1], told, told[::-1], list(map(wire, told)), list(map(wire, told[::-1]))]
    stored = []
    for order in orders:
        await both.begin_anew()
        stored.append(await write_each(both, order))
    assert len({canonical(task) for task in stored[:2]}) == len({canonical(task) for task in stored[2:]}) == 1
    for task in stored[:2]:
        assert list(task["_latest"].keys()) == ["rank", "sequence", "id", "text", "scanned", "found"]
    for task in stored:
        for entry in task["history"]:
            assert list(entry.keys()) == ["status", "at", "event_id", "detail", "_rank"]


@pytest.mark.parametrize("text", ["$status", "$$ROOT", "$", "$$NOPE", "a.b", "nul \0 inside", "🧾"])
async def test_a_text_is_stored_as_it_is_whatever_it_means_to_the_server(text: str, both: Replicas) -> None:
    odd = Scan(text, user_id=text, account_id=text)
    totals = {text.replace("\0", ""): "1.00", "$a": "2.00", "a.b": "3.00"}
    result = a_result().model_copy(update={"totals": totals})
    events = [odd.cancel_requested(), odd.queued(reason=text), odd.progressed(3, 40, text=text)]
    task = await write_each(both, events)
    assert canonical(task) == canonical(expected_task(events, None))
    assert (task["_id"], task["user_id"], task["current_status"]) == (text, text, text)
    ended = await write_each(both, [odd.cancelled(result=result)])
    assert dict(ended["result"]["totals"]) == totals
    failed = await write_each(both, [Scan("failed").requested(), Scan("failed").failed(error=text)])
    assert (failed["error"], failed["history"][-1]["detail"]) == (text, text)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-03-01T09:00:00.123999999Z", dt.datetime(2026, 3, 1, 9, 0, 0, 123000, dt.UTC)),
        ("2026-03-01T11:00:00.9999+02:00", dt.datetime(2026, 3, 1, 9, 0, 0, 999000, dt.UTC)),
        ("1969-12-31T23:59:59.9995Z", dt.datetime(1969, 12, 31, 23, 59, 59, 999000, dt.UTC)),
        ("9999-12-31T23:59:59.999999Z", dt.datetime(9999, 12, 31, 23, 59, 59, 999000, dt.UTC)),
    ],
)
async def test_a_date_is_the_same_in_memory_and_in_the_database(
    written: str, kept: dt.datetime, both: Replicas
) -> None:
    event = wire(scan.started(), time=written)
    task = decoded(await write_each(both, [event, event, event]))
    assert (task["started_at"], task["history"][0]["at"]) == (kept, kept)
    assert task["version"] == 1, "a second look at it changes nothing"


async def test_sequences_of_twenty_digits_are_compared_to_the_last_one(both: Replicas) -> None:
    numbers = [2**63 - 1, 2**63, 2**64 + 1, 10**20 - 2, 10**20 - 1]
    events = [scan.progressed(3, 10, text=str(number)) for number in numbers]
    events = [wire(e, sequence=f"{n:020}", id=str(n)) for e, n in zip(events, numbers, strict=True)]
    for number, event in zip(numbers, events, strict=True):
        task = await write_each(both, [event, events[0]])
        assert (task["current_status"], task["_latest"]["sequence"]) == (str(number), f"{number:020}")


UNSTORABLE = {
    "an int of 64 bits without a sign": a_result().model_copy(update={"messages": 2**63}),
    "a NUL in a key": a_result().model_copy(update={"totals": {"EUR\0": "1.00"}}),
    "half a character": a_result().model_copy(update={"totals": {"EUR": "\ud800"}}),
    "a little more than a document may hold": a_result().model_copy(update={"totals": {"EUR": "1" * 2**24}}),
    "more than the driver may send": a_result().model_copy(update={"totals": {"EUR": "1" * (2**24 + 2**16)}}),
}


@pytest.mark.parametrize("kind", UNSTORABLE)
@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
async def test_what_cannot_be_stored_is_refused_alone(kind: str, known: bool, both: Replicas) -> None:
    """Its neighbours in the same write are stored: those of its own task, and tasks with many events or with one."""
    bad = Scan("bad")
    others, brief = [Scan(f"task-{number}") for number in range(5)], [Scan(f"brief-{number}") for number in range(5)]
    poison = bad.completed(result=UNSTORABLE[kind])
    before = [scan_.requested() for scan_ in (bad, *others, *brief)] if known else []
    await both.write([by_task(before)])
    events = [bad.requested(), poison, bad.started(), *(scan_.started() for scan_ in brief)]
    events += [event for scan_ in others for event in scan_.whole()]
    outcomes = await both.write([by_task(events)])
    stored = await both.stored()
    assert [event.id for event in refused(outcomes)] == [poison.id]
    assert accounted(outcomes) == len(events)
    assert "EUR" not in outcomes[0].refused[0].reason
    for task_id, heard in by_task(event for event in [*before, *events] if event is not poison).items():
        assert canonical(stored[task_id]) == canonical(expected_task(heard, first_end(heard)))


async def test_tasks_are_read_from_a_majority_and_written_to_one(both: Replicas, records: ServerRecords) -> None:
    """Else a write could be called known, and its message be acknowledged, before a failover takes it back."""
    with records.recording():
        await write_each(both, [*scan.whole(), scan.completed(), scan.requested()])
        both.restart(0)
        both.restart(1)
        await both.write([by_task(scan.whole())], [by_task(scan.whole())])
    operations = records.operations(COLLECTION)
    reads = [operation["readConcern"]["level"] for operation in operations if operation["op"] == "query"]
    assert set(reads) == {"majority"}
    # The server tells this of inserts and not of updates; the driver sends both with the collection's.
    writes = [operation["writeConcern"] for operation in operations if operation["op"] == "insert"]
    assert {(concern["w"], concern["j"]) for concern in writes} == {("majority", True)}


async def test_of_many_who_insert_a_task_at_once_one_does_and_the_others_add_to_it(database: Any) -> None:
    scans = [Scan(f"task-{number}") for number in range(25)]
    shares = [[step(scan) for scan in scans] for step in (Scan.requested, Scan.queued, Scan.started, Scan.completed)]
    async with replicas(database, 4) as four:
        outcomes = await four.write(*([by_task(share)] for share in shares))
        stored = await four.stored()
    assert accounted(outcomes) == 100
    assert refused(outcomes) == []
    for scan_ in scans:
        events = [scan_.requested(), scan_.queued(), scan_.started(), scan_.completed()]
        assert canonical(stored[scan_.task_id]) == canonical(expected_task(events, first_end(events)))
        assert stored[scan_.task_id]["version"] <= 4


async def test_what_changes_nothing_is_not_written_at_all(both: Replicas, records: ServerRecords) -> None:
    events = [*scan.whole(), scan.progressed(2, 1), scan.failed(n=21), scan.cancelled(n=22)]
    before = await write_each(both, events)
    changes = records.changes(COLLECTION)
    assert changes == before["version"]
    outcomes = await both.write([by_task([event]) for event in events], [by_task(events)])
    assert records.changes(COLLECTION) == changes
    assert [outcome.committed for outcome in outcomes] == [[]] * len(outcomes)
    assert accounted(outcomes) == 2 * len(events)
    assert (await both.stored())[scan.task_id].raw == before.raw


async def test_a_document_stays_small_however_many_ids_a_wish_to_cancel_comes_under(both: Replicas) -> None:
    wishes = [scan.cancel_requested(n=n, second=n / 1000) for n in range(2_000)]
    events = [scan.requested(), *wishes, scan.cancelled(n=3_000)]
    await both.write([by_task(events[:700])], [by_task(events[500:1500])])
    await both.write([by_task(events[1400:])], [by_task(events[:600])])
    task = (await both.stored())[scan.task_id]
    assert canonical(task) == canonical(expected_task(events, events[-1]))
    assert len(task["history"]) == 102
    assert len(task.raw) < 2**15
    assert decoded(task)["cancel_requested_at"] == START
