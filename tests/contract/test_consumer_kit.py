"""The consumers of docs/consumers, run as they are against a real broker that delivers events twice."""

import asyncio
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.webhooks.schemas import NewWebhook
from services.api.webhooks.signing import signature_headers
from shared.events import Event, new_event, utc_now
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from tests.support.builders import AT, sample_events
from tests.support.events import Scan
from tests.support.installed import installed
from tests.support.node import KIT as NODE_KIT
from tests.support.node import node
from tests.support.outside import Outsider, an_outsider
from tests.support.programs import program
from tests.support.running_api import RunningApi, a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS, patience
from tests.support.webhook_stage import ADA, webhook_stage
from tools.stack.ports import free_ports

KIT = NODE_KIT.parent


@pytest.fixture
def outsider(vhost: Vhost) -> Iterator[Outsider]:
    with an_outsider(vhost) as made:
        yield made


@asynccontextmanager
async def publishing(vhost: Vhost, service: str) -> AsyncIterator[Publisher]:
    broker = publishing_broker(vhost.url(service), service=service)
    await start_when_reachable(broker)
    try:
        yield Publisher(broker)
    finally:
        await broker.stop()


async def publish(vhost: Vhost, events: list[Event[Any]]) -> None:
    async with publishing(vhost, "scanner") as publisher:
        await publisher.publish_until_confirmed(events)


def invoices(number: int) -> list[Event[Any]]:
    sample = sample_events()["invoice.found.v1"].data
    found = [sample.model_copy(update={"id": f"invoice-{n}", "vendor": f"Vendor {n}"}) for n in range(number)]
    return [new_event(data, service="scanner", sequence=0, time=AT, discriminator=data.id) for data in found]


async def said_next(lines: asyncio.StreamReader) -> str:
    async with patience():
        line = (await lines.readline()).decode()
    assert line, "the program ended"
    return line.rstrip("\n")


async def said(lines: asyncio.StreamReader, number: int) -> list[str]:
    """The program's next lines, sorted."""
    return sorted([await said_next(lines) for _ in range(number)])


async def until_told(lines: asyncio.StreamReader, wanted: set[str]) -> None:
    """Read until every wanted line was said."""
    missing = set(wanted)
    while missing:
        missing.discard(await said_next(lines))


def kept(path: Path) -> set[str]:
    with sqlite3.connect(path) as store:
        rows = store.execute("SELECT event FROM invoices").fetchall()
    store.close()
    assert len(rows) == len({event for (event,) in rows})
    return {event for (event,) in rows}


async def test_the_faststream_consumer_keeps_each_invoice_once(
    vhost: Vhost, outsider: Outsider, tmp_path: Path
) -> None:
    path, events = tmp_path / "invoices.sqlite3", invoices(6)
    command, url = (str(KIT / "faststream_consumer.py"), str(path)), outsider.url
    async with program(*command, MAILTALLY_CONSUMER_URL=url) as lines:
        await until_told(lines, {"ready"})  # what FastStream logs comes before
        await publish(vhost, [*events[:4], *events[:4]])
        await until_told(lines, {f"{word} {event.id}" for event in events[:4] for word in ("kept", "known")})
    await publish(vhost, [*events[2:], *events[2:]])
    async with program(*command, MAILTALLY_CONSUMER_URL=url) as lines:
        await until_told(lines, {f"kept {event.id}" for event in events[4:]} | {f"known {events[2].id}"})
    assert kept(path) == {event.id for event in events}


async def test_the_aio_pika_consumer_reads_the_stream_and_goes_on_where_it_was(
    vhost: Vhost, outsider: Outsider, tmp_path: Path
) -> None:
    path, events = tmp_path / "invoices.sqlite3", invoices(4)
    command, url = (str(KIT / "aio_pika_consumer.py"), str(path)), outsider.url
    await publish(vhost, [Scan().started(), events[0], events[0], events[1]])
    async with program(*command, MAILTALLY_CONSUMER_URL=url) as lines:
        assert await said(lines, 4) == sorted(
            [f"kept {events[0].id}", f"kept {events[1].id}", f"passed {events[0].id}", f"passed {Scan().started().id}"]
        )
    await publish(vhost, [events[1], *events[2:]])
    async with program(*command, MAILTALLY_CONSUMER_URL=url) as lines:
        # Nothing of what it had is read again: these three are all that came since.
        assert await said(lines, 3) == sorted(
            [f"passed {events[1].id}", f"kept {events[2].id}", f"kept {events[3].id}"]
        )
    assert kept(path) == {event.id for event in events}


async def test_the_node_consumer_keeps_each_end_once(
    vhost: Vhost, outsider: Outsider, tmp_path: Path, node_modules: Path
) -> None:
    script = node_modules.parent / "consumer.mjs"
    shutil.copy(NODE_KIT / "consumer.mjs", script)
    ends = [Scan(f"task-{n}").completed() for n in range(3)] + [Scan("task-f").failed(), Scan("task-c").cancelled()]
    folder = tmp_path / "ended"
    arguments = (str(script), str(folder))
    async with program(*arguments, executable=node(), MAILTALLY_CONSUMER_URL=outsider.url) as lines:
        assert await said(lines, 1) == ["ready"]
        await publish(vhost, [Scan().started(), *ends, *ends])
        await until_told(lines, {f"{word} {event.id}" for event in ends for word in ("kept", "known")})
    assert {path.stem for path in folder.glob("*.json")} == {event.id for event in ends}
    first = json.loads((folder / f"{ends[0].id}.json").read_text())
    assert first["scan"] == "task-0"
    assert first["result"]["invoices"] == 3


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    async with running_api(vhost, database) as running:
        yield running


async def test_the_shell_consumer_keeps_the_newest_state(api: RunningApi, tmp_path: Path) -> None:
    installed("curl")
    client = api.client("ada")
    token = client.headers["Authorization"].removeprefix("Bearer ")
    answer = await client.post(f"/v1/accounts/{await add_mailbox(client)}/scans")
    task = answer.json()
    stored = a_task(task, version=3, status="PROGRESS", progress=40)
    await api.database["scanning_tasks"].insert_one(stored)
    folder = tmp_path / "tasks"
    script = (str(KIT / "sse_consumer.sh"), str(folder))
    async with program(*script, executable="/bin/sh", MAILTALLY_URL=api.url, MAILTALLY_TOKEN=token) as lines:
        assert await said(lines, 1) == [f"kept {task['task_id']} 3"]
        newer = a_task(task, version=4, status="DONE", progress=100)
        await api.database["scanning_tasks"].replace_one({"_id": stored["_id"]}, newer)
        assert await said(lines, 1) == [f"kept {task['task_id']} 4"]
    async with program(*script, executable="/bin/sh", MAILTALLY_URL=api.url, MAILTALLY_TOKEN=token) as lines:
        assert await said(lines, 1) == [f"known {task['task_id']} 4"]
    (path,) = folder.glob("*.json")
    assert json.loads(path.read_text())["status"] == "DONE"


async def test_the_receiver_of_webhooks_keeps_each_event_once_and_takes_no_forgery(
    vhost: Vhost, database: TestDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "events.sqlite3"
    (port,) = free_ports(1)
    async with webhook_stage(vhost, database) as stage:
        new = NewWebhook(url=f"http://127.0.0.1:{port}/", events=["scan.completed.v1"])
        webhook = await stage.webhooks.add(ADA, new)
        command = (str(KIT / "webhook_receiver.py"), str(path), str(port))
        async with program(*command, MAILTALLY_WEBHOOK_SECRET=webhook.secret) as lines:
            assert await said(lines, 1) == [f"ready {port}"]
            events = [Scan("task-1").completed(), Scan("task-2").completed()]
            await stage.take(*events)
            worker = stage.worker(None)
            await worker.deliver_due()
            assert await said(lines, 2) == sorted(f"kept {event.id}" for event in events)
            await stage.deliveries.redeliver(webhook.webhook_id, events[0].id)
            await worker.deliver_due()
            assert await said(lines, 1) == [f"known {events[0].id}"]
            now = str(int(time.time()))
            old = signature_headers([b"k" * 32], "e1", utc_now(), b"{}")
            for headers in ({}, {"webhook-id": "e1", "webhook-timestamp": now, "webhook-signature": "v1,AAAA"}, old):
                async with httpx.AsyncClient(timeout=SECONDS) as client:
                    assert (await client.post(new.url, content=b"{}", headers=headers)).status_code == 401
    with closing(sqlite3.connect(path)) as store:
        kept_events = dict(store.execute("SELECT id, body FROM events"))
    assert kept_events == {event.id: event.to_bytes() for event in events}


async def check(handler: str) -> tuple[int, str]:
    """`check_handler.py` on a Python program; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(KIT / "check_handler.py"),
        "--rounds",
        "4",
        "--",
        sys.executable,
        handler,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with patience():
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_the_kits_own_handler_passes_its_contract_test() -> None:
    code, output = await check(str(KIT / "handler_under_test.py"))
    assert code == 0, output
    assert output.endswith("the same result, however they arrive\n")


WRONG = {
    "counts an event twice": ("n += 1", "FAIL  every event twice"),
    "keeps the last that came": ("n = event['data'].get('progress', event['type'])", "FAIL  backwards"),
    "stops at fields that it does not know": (
        "n += 0 if 'new_field' not in event['data'] else 1 / 0",
        "FAIL  fields that are yet to come",
    ),
    "stops at types that it does not know": (
        "n += 0 if not event['type'].endswith('v9') else 1 / 0",
        "FAIL  types that are yet to come",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_a_handler_that_is_wrong_is_found_out(fault: str, tmp_path: Path) -> None:
    statement, finding = WRONG[fault]
    handler = tmp_path / "handler.py"
    handler.write_text(
        f"import json, sys\nn = 0\nfor line in sys.stdin:\n    event = json.loads(line)\n    {statement}\nprint(n)\n"
    )
    code, output = await check(str(handler))
    assert code == 1
    assert finding in output
