"""The status service against the real broker and the real database, under its own users."""

import random
from typing import Any

import aio_pika
import httpx
import orjson

from shared.messaging.dead_letters import REASON_HEADER
from shared.messaging.topology import DEAD_EXCHANGE, SLICES, STATUS_SCAN_EVENTS
from tests.support.events import Scan, a_result
from tests.support.gate import Gate
from tests.support.status_service import (
    DEAD,
    all_done,
    changes,
    close_connections,
    has_handled,
    left_in,
    metric,
    publish,
    raw,
    ready,
    status_service,
    stored_tasks,
    take,
    unready,
)
from tests.support.waiting import eventually


async def test_the_events_of_a_scan_end_in_a_done_task_with_its_history(vhost: Any, database: Any) -> None:
    scan = Scan()
    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, raw(scan.whole()))
        await heard.until_all(1)
    task = (await stored_tasks(database))[scan.task_id]
    assert (task["status"], task["progress"], task["messages_scanned"], task["invoices_found"]) == ("DONE", 100, 20, 3)
    assert task["current_status"] == "Email scan completed successfully"
    assert [entry["status"] for entry in task["history"]] == ["PENDING", "PROGRESS", "DONE"]
    assert [entry["event_id"] for entry in task["history"]] == [
        scan.requested().id,
        scan.started().id,
        scan.completed().id,
    ]
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0


async def test_every_change_is_told_after_its_commit(vhost: Any, database: Any) -> None:
    scan = Scan()
    async with changes(vhost) as heard, status_service(vhost, database):
        for event in (scan.requested(), scan.started(), scan.completed()):
            told = len(heard.items)
            await publish(vhost, raw([event]))
            await heard.until(lambda told=told: len(heard.items) > told)  # type: ignore[misc]  # binds the loop variable
            assert (await stored_tasks(database))[scan.task_id]["version"] >= heard.items[-1]["version"]
    assert [(task["status"], task["version"]) for task in heard.items] == [("PENDING", 1), ("PROGRESS", 2), ("DONE", 3)]


async def test_events_in_any_order_and_twice_give_the_same_tasks_as_in_order(vhost: Any, database: Any) -> None:
    scans = [Scan(f"task-{n}") for n in range(40)]
    events = [event for scan in scans for event in scan.whole()] * 2
    random.Random(7).shuffle(events)  # noqa: S311 (any order will do)
    in_order = Scan("in-order")
    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, raw([*in_order.whole(), *events]))
        await heard.until_all(41)
    tasks = await stored_tasks(database)
    known = tasks.pop("in-order")
    assert len(tasks) == 40
    for task in tasks.values():
        for field in ("status", "progress", "current_status", "result", "created_at", "updated_at", "actual_duration"):
            assert task[field] == known[field]
        assert [entry["at"] for entry in task["history"]] == [entry["at"] for entry in known["history"]]
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0


async def test_nothing_is_lost_when_the_broker_cuts_the_connections_in_the_middle(vhost: Any, database: Any) -> None:
    scans = [Scan(f"task-{n}") for n in range(150)]
    async with changes(vhost) as heard, status_service(vhost, database) as http:
        await eventually(lambda: ready(http))
        await publish(vhost, raw(event for scan in scans[:75] for event in scan.whole()))
        await close_connections(vhost, "status")
        await publish(vhost, raw(event for scan in scans[75:] for event in scan.whole()))
        await eventually(lambda: all_done(database, 150))
        await eventually(lambda: ready(http))
        await publish(vhost, raw(Scan("afterwards").whole()))
        await heard.until(lambda: any(task["task_id"] == "afterwards" for task in heard.items))
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0
    assert await left_in(vhost, DEAD) == 0


async def test_messages_stay_unacknowledged_while_the_database_is_away_and_are_written_after(
    vhost: Any, database: Any
) -> None:
    gate = Gate(database.url("status"))
    with gate.serve() as url:
        async with status_service(vhost, database, mongo_url=url) as http:
            await eventually(lambda: ready(http))
            gate.shut()
            await publish(vhost, raw(Scan().whole()))
            await gate.refused.wait()
            await eventually(lambda: unready(http))
            assert await stored_tasks(database) == {}
            gate.open()
            await eventually(lambda: all_done(database, 1))
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0


async def test_poison_goes_to_the_dead_letters_with_its_reason_and_its_neighbours_are_written(
    vhost: Any, database: Any
) -> None:
    scan, other = Scan("task-1"), Scan("task-2")
    unknown = orjson.loads(scan.started().to_bytes()) | {"type": "io.mailtally.scan.started.v9"}
    too_large = scan.completed(n=19, result=a_result().model_copy(update={"messages": 2**63}))
    poison = [
        ("scan.started.v1", b"{not json"),
        ("scan.started.v1", orjson.dumps(unknown)),
        ("scan.completed.v1", too_large.to_bytes()),
        ("scan.progressed.v1", b'{"type": "io.mailtally.task.changed.v1"}'),
    ]
    whole = raw(scan.whole())
    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, [*whole[:3], *poison, *whole[3:], *raw(other.whole())])
        await heard.until_all(2)
        dead = await take(vhost, DEAD, 4)
    assert {message.body for message in dead} == {body for _, body in poison}
    reasons = [str(message.headers[REASON_HEADER]) for message in dead]
    assert sorted(reason.split(" ")[0] for reason in reasons) == ["io.mailtally.task.changed.v1:", "it", "no", "not"]
    assert {task["status"] for task in (await stored_tasks(database)).values()} == {"DONE"}
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0


async def test_metrics_tell_what_happened(vhost: Any, database: Any) -> None:
    scan = Scan()
    async with changes(vhost) as heard, status_service(vhost, database) as http:
        await publish(vhost, raw(scan.whole()))
        await heard.until_all(1)
        late = [scan.completed(), scan.failed(n=30), scan.progressed(3, 12, scanned=2), scan.requested()]
        await publish(vhost, raw([*late, *Scan("task-2").whole()]))
        await heard.until_all(2)
        await eventually(lambda: has_handled(http, 24))  # the two tasks may take different lanes
        text = (await http.get("/metrics")).text
    assert 'mailtally_status_events_ignored_total{reason="duplicate"} 2.0' in text
    assert 'mailtally_status_events_ignored_total{reason="terminal"} 2.0' in text
    assert 'mailtally_task_duration_seconds_count{outcome="DONE"} 2.0' in text
    assert "mailtally_task_queue_wait_seconds_count 2.0" in text
    assert 'mailtally_tasks{status="DONE"}' in text


async def test_every_replica_shows_the_brokers_number_of_dead_letters(vhost: Any, database: Any) -> None:
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        exchange = await (await connection.channel(publisher_confirms=True)).get_exchange(DEAD_EXCHANGE, ensure=False)
        for queue in (SLICES, SLICES, STATUS_SCAN_EVENTS):
            await exchange.publish(aio_pika.Message(b"x"), routing_key=queue)
    async with status_service(vhost, database) as one, status_service(vhost, database) as other:
        for http in (one, other):

            async def all_counted(http: httpx.AsyncClient = http) -> bool:
                return await metric(http, "mailtally_dead_letters") == 3

            await eventually(all_counted)
            assert await metric(http, "mailtally_dead_letters", queue=SLICES) == 2
            assert await metric(http, "mailtally_dead_letters", queue=STATUS_SCAN_EVENTS) == 1
