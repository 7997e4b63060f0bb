"""Latency of live updates: from the publication of a change to each client that follows the
scan."""

import asyncio
import json
import secrets
import sys
import time
from dataclasses import dataclass

from bench.api import clients as client_process
from bench.api.data import a_task
from bench.api.servers import Server
from bench.servers import Bench
from bench.status.latency import Latency
from shared.events import TaskChanged, new_event, utc_now
from shared.messaging.broker import publishing_broker, start_when_reachable, stop
from shared.messaging.publishing import Publisher
from tools.stack.layout import PROJECT

_SECONDS = 120.0


@dataclass(frozen=True)
class Audience:
    """Users with one scan each, the clients that follow each scan, and the changes of all scans
    together."""

    users: int
    clients_each: int
    changes: int
    per_second: float


async def latencies(bench: Bench, server: Server, audience: Audience) -> Latency:
    """Return milliseconds, for every client and every change; each client must get each change of
    its scan."""
    name = secrets.token_hex(4)
    users = [f"{name}-{number}" for number in range(audience.users)]
    scans = [{"_id": user, **a_task(user, user_id=user, version=0).model_dump()} for user in users]
    await bench.database["scanning_tasks"].insert_many(scans)
    clients = [
        (f"/v1/scans/{user}/events", server.headers_of(user)) for user in users for _ in range(audience.clients_each)
    ]
    expected = audience.changes * audience.clients_each
    broker = publishing_broker(bench.servers.users["status"].amqp_url, service="status")
    await start_when_reachable(broker)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(client_process.__file__), server.url, str(expected)),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        async with asyncio.timeout(_SECONDS):
            process.stdin.write(json.dumps(clients).encode() + b"\n")
            if (await process.stdout.readline()).decode().strip() != client_process.OPEN:
                raise RuntimeError("the clients did not come in")
            sent = await _announce(Publisher(broker), users, audience)
            seen = json.loads(await process.stdout.readline())
    finally:
        await stop(broker)
        if process.returncode is None:
            process.terminate()
        await process.wait()
    if len(seen) != expected:
        raise RuntimeError(f"the clients saw {len(seen)} changes instead of {expected}")
    return Latency.of([at - sent[number] for number, at in seen])


async def _announce(publisher: Publisher, users: list[str], audience: Audience) -> list[float]:
    """Publish changes of the scans in turn. Returns the moment of each change."""
    sent: list[float] = []
    began = time.perf_counter()
    for number in range(audience.changes):
        user = users[number % len(users)]
        task = a_task(user, user_id=user, version=number + 1, current_status=f"{client_process.WORD} {number};")
        data = TaskChanged.model_validate(task.model_dump())
        event = new_event(data, service="status", sequence=number, time=utc_now())
        await asyncio.sleep(began + number / audience.per_second - time.perf_counter())
        sent.append(time.perf_counter())
        await publisher.publish(event, mandatory=False)
    return sent
