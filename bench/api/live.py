"""How long a change takes from its announcement to each of the clients that follow the scan."""

import asyncio
import json
import sys
import time

from bench.api import crowd
from bench.api.data import a_task
from bench.api.servers import Server
from bench.servers import Bench
from bench.status.latency import Latency
from cli.stack.layout import PROJECT
from shared.broker import publishing_broker, start_when_reachable, stop
from shared.events import TaskChanged, new_event, utc_now
from shared.metrics import new_registry
from shared.publishing import Publisher

_CHANGES = 100
_SPACING_SECONDS = 0.25
_SECONDS = 120.0


async def latencies(bench: Bench, server: Server, *, clients: int) -> Latency:
    """Milliseconds, over every client and every change; each client must get each change."""
    task_id = f"live{clients}"
    await bench.database["scanning_tasks"].insert_one({"_id": task_id, **a_task(task_id, version=0).model_dump()})
    broker = publishing_broker(bench.servers.users["status"].amqp_url, service="status", registry=new_registry())
    await start_when_reachable(broker)
    arguments = [server.url, f"/v1/scans/{task_id}/events", json.dumps(server.headers), str(clients), str(_CHANGES)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", crowd.__name__, *arguments, cwd=PROJECT, stdout=asyncio.subprocess.PIPE, limit=2**26
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        async with asyncio.timeout(_SECONDS):
            opened = await process.stdout.readline()
            if opened.decode().strip() != crowd.OPEN:
                raise RuntimeError("the clients did not come in")
            sent = await _announce(Publisher(broker), task_id)
            seen = json.loads(await process.stdout.readline())
    finally:
        await stop(broker)
        if process.returncode is None:
            process.terminate()
        await process.wait()
    late = [at - sent[number] for number, at in seen]
    if len(late) != clients * _CHANGES:
        raise RuntimeError(f"{clients} clients saw {len(late)} changes instead of {clients * _CHANGES}")
    return Latency.of(late)


async def _announce(publisher: Publisher, task_id: str) -> list[float]:
    """The moment of each change."""
    sent = []
    for number in range(_CHANGES):
        task = a_task(task_id, version=number + 1, current_status=f"{crowd.WORD} {number};")
        data = TaskChanged.model_validate(task.model_dump())
        event = new_event(data, service="status", sequence=number, time=utc_now())
        sent.append(time.perf_counter())
        await publisher.publish(event, mandatory=False)
        await asyncio.sleep(_SPACING_SECONDS)
    return sent
