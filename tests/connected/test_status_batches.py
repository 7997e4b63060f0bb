"""How the service takes in events: in batches with a limit, and no more at a time than it can hold."""

import time
from typing import Any

import pytest
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from services.status.repository import COLLECTION
from shared import mongo
from shared.messaging.topology import STATUS_SCAN_EVENTS
from tests.support.events import Scan
from tests.support.gate import Gate
from tests.support.status_service import (
    DEAD,
    all_done,
    changes,
    has_handled,
    left_in,
    metric,
    misfits,
    publish,
    raw,
    ready,
    status_service,
    stored_tasks,
)
from tests.support.waiting import eventually


async def test_a_backlog_is_written_in_batches_up_to_the_limit_and_what_is_overtaken_in_one_leaves_its_word(
    vhost: Any, database: Any
) -> None:
    limit, scans = 100, [Scan(f"task-{n}") for n in range(20)]
    gate = Gate(database.url("status"))
    with gate.serve() as url:
        async with status_service(vhost, database, mongo_url=url, status_batch=limit) as http:
            await eventually(lambda: ready(http))
            gate.shut()
            await publish(vhost, raw(event for scan in scans for event in scan.whole()))
            await eventually(lambda: waiting(vhost, 0))  # the service has them all, and cannot write
            gate.open()
            await eventually(lambda: has_handled(http, 200))
            batches = await metric(http, "mailtally_status_batch_events_count")
            assert await metric(http, "mailtally_status_batch_events_bucket", le="100.0") == batches
            overtaken = await metric(http, "mailtally_status_events_coalesced_total")
            writes = await metric(http, "mailtally_status_writes_total")
    # What had come when the first write began, then as many as may be at once, then the rest.
    assert 2 <= batches <= 4
    assert 20 <= writes <= 20 + batches - 1, "a scan is written once, and once more where a batch ends in it"
    assert overtaken > 0
    assert misfits(await stored_tasks(database), scans) == []


async def test_a_batch_waits_for_company_as_long_as_it_is_told_to(vhost: Any, database: Any) -> None:
    linger = 0.5
    async with status_service(vhost, database, status_linger_ms=int(linger * 1000)) as http:
        await eventually(lambda: ready(http))
        began = time.monotonic()
        for message in raw(Scan().whole()):
            await publish(vhost, [message])
        await eventually(lambda: has_handled(http, 10))
        batches = await metric(http, "mailtally_status_batch_events_count")
        assert batches <= 1 + (time.monotonic() - began) / linger, "each lasts that long"


async def test_no_more_events_are_taken_than_can_be_held_while_the_database_is_away(vhost: Any, database: Any) -> None:
    batch, gate = 10, Gate(database.url("status"))
    with gate.serve() as url:
        async with status_service(vhost, database, mongo_url=url, status_batch=batch) as http:
            await eventually(lambda: ready(http))
            gate.shut()
            scans = [Scan(f"task-{n}") for n in range(10)]
            await publish(vhost, raw(event for scan in scans[:5] for event in scan.whole()))
            await eventually(lambda: waiting(vhost, 50 - 2 * batch))
            await publish(vhost, raw(event for scan in scans[5:] for event in scan.whole()))
            assert await left_in(vhost, STATUS_SCAN_EVENTS) == 100 - 2 * batch
            gate.open()
            await eventually(lambda: all_done(database, 10))
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0
    assert misfits(await stored_tasks(database), scans) == []


async def test_what_was_in_hand_when_its_channel_was_lost_is_delivered_again_and_counted_as_ignored(
    vhost: Any, database: Any
) -> None:
    scans = [Scan("task-1"), Scan("task-2")]
    broker, store = Gate(vhost.url("status")), Gate(database.url("status"))
    with broker.serve() as amqp_url, store.serve() as mongo_url:
        async with status_service(vhost, database, amqp_url=amqp_url, mongo_url=mongo_url) as http:
            await eventually(lambda: ready(http))
            store.shut()
            await publish(vhost, raw(scans[0].whole()))
            await eventually(lambda: waiting(vhost, 0))
            broker.shut()
            await eventually(lambda: waiting(vhost, 10))
            await publish(vhost, raw(scans[1].whole()))
            broker.open()
            await eventually(lambda: waiting(vhost, 0))
            store.open()
            await eventually(lambda: has_handled(http, 30))
            assert await ready(http)
            assert await metric(http, "mailtally_status_events_ignored_total") == 10
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0
    assert await left_in(vhost, DEAD) == 0
    assert misfits(await stored_tasks(database), scans) == []


class Commands(CommandListener):
    """What the driver sends that concerns the tasks."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command.get(event.command_name) == COLLECTION:
            self.sent.append({"name": event.command_name, **event.command})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Of no interest."""


async def test_every_write_is_unordered_and_waits_for_the_journals_of_a_majority(
    vhost: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Commands()
    client: Any = mongo.AsyncIOMotorClient  # type: ignore[attr-defined]  # the library's, by its one import
    monkeypatch.setattr(mongo, "AsyncIOMotorClient", lambda *a, **k: client(*a, event_listeners=[heard], **k))
    async with changes(vhost) as told, status_service(vhost, database):
        for event in Scan().whole():
            await publish(vhost, raw([event]))
        await told.until_all(1)
    writes = [command for command in heard.sent if command["name"] in ("insert", "update")]
    assert {command["name"] for command in writes} == {"insert", "update"}
    for command in writes:
        assert command["ordered"] is False
        assert {"w": "majority", "j": True}.items() <= command["writeConcern"].items()


async def waiting(vhost: Any, number: int) -> bool:
    """Whether so many messages have not been handed to the service."""
    return await left_in(vhost, STATUS_SCAN_EVENTS) == number
