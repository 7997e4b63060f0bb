"""How the broker is: alarms, who consumes, and what could not be handled."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import aio_pika
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity, ProbableAuthenticationError

from cli.doctor.connections import SECONDS, ServerConnections
from cli.doctor.result import Finding, ok, problem, unknown
from shared.formatting import count, size
from shared.messaging.topology import WEBHOOK_EVENTS, WORK_QUEUES

_LIVE = "api.live."


def check_connection(servers: ServerConnections) -> Iterator[Finding]:
    """The broker takes connections and lets its administrator into the virtual host."""
    url = servers.target.amqp_url
    if url is None:
        yield unknown("RabbitMQ is not named.", "set MAILTALLY_AMQP_URL")
        return
    where = urlsplit(url).netloc.rpartition("@")[2]
    try:
        asyncio.run(_connect(url))
    except ProbableAuthenticationError:
        yield problem(f"RabbitMQ at {where} refuses the name or the password.", "mend MAILTALLY_AMQP_URL")
    except (AMQPError, OSError, TimeoutError) as error:
        says = f"RabbitMQ at {where} does not let us in ({type(error).__name__})."
        yield problem(says, "start it, or mend address and virtual host")
    else:
        yield ok(f"RabbitMQ takes connections at {where}")


async def _connect(url: str) -> None:
    async with asyncio.timeout(SECONDS):
        await (await aio_pika.connect(url)).close()


def check_alarms(servers: ServerConnections) -> Iterator[Finding]:
    """Memory and disk of each node: an alarm stops everybody who publishes."""
    nodes = servers.ask("nodes")
    wrong = False
    for node in nodes:
        name = node["name"]
        if not node.get("running", True):
            wrong = True
            yield problem(f"The node {name} of RabbitMQ is down.", "start it, and read its log if it does not stay up")
            continue
        if "disk_free_alarm" not in node:
            wrong = True
            yield unknown(f"{name} has just started and does not tell its alarms yet.", "run it again in a few seconds")
            continue
        if node["disk_free_alarm"]:
            wrong = True
            says = f"RabbitMQ takes no messages: {size(node['disk_free'])} of disk are free"
            limit = f"it wants {size(node['disk_free_limit'])}"
            yield problem(f"{says} on {name}, {limit}.", "free disk space on its machine")
        if node["mem_alarm"]:
            wrong = True
            says = f"RabbitMQ takes no messages: {name} uses {size(node['mem_used'])} of memory"
            limit = f"{size(node['mem_limit'])} is its limit"
            yield problem(f"{says}, {limit}.", "give it more memory, or raise vm_memory_high_watermark")
        if node.get("partitions"):
            wrong = True
            yield problem(f"{name} is cut off from {', '.join(node['partitions'])}.", "mend the network between them")
    if not wrong:
        free = min((node["disk_free"] for node in nodes), default=0)
        yield ok(f"RabbitMQ has no alarm, {size(free)} of disk are free")


def check_consumers(servers: ServerConnections) -> Iterator[Finding]:
    """Somebody reads each queue that must be read, and each api follows the changes of tasks."""
    readers = Counter(consumer["queue"]["name"] for consumer in servers.ask("consumers/{vhost}"))
    wrong = False
    for queue in WORK_QUEUES:
        if not readers[queue.name]:
            wrong = True
            service = "webhooks" if queue.name == WEBHOOK_EVENTS else queue.name.partition(".")[0]
            yield problem(f"Nobody reads {queue.name}.", _see(servers, service))
    live = [name for name in readers if name.startswith(_LIVE)]
    if not live:
        wrong = True
        says = "No api follows the changes of tasks, so that pages and the command line are not live."
        yield problem(says, _see(servers, "api"))
    if not wrong:
        yield ok(f"{count(sum(readers.values()), 'consumer')}, every queue is read")


def check_dead_letters(servers: ServerConnections) -> Iterator[Finding]:
    """Messages that could not be handled wait for a person. Counted by the queues themselves, without delay."""
    url = servers.target.amqp_url
    if url is None:
        yield unknown("Dead letters were not counted.", "set MAILTALLY_AMQP_URL")
        return
    waiting = {name: number for name, number in asyncio.run(_count(url)).items() if number}
    for name, number in waiting.items():
        yield problem(
            f"{count(number, 'message')} could not be handled and {'waits' if number == 1 else 'wait'} in {name}.",
            "read why with mailtally dead-letters list, mend the cause, then redrive or drop them",
        )
    if not waiting:
        yield ok("No dead letters")


async def _count(url: str) -> dict[str, int]:
    """Messages in each queue of dead letters; those that are missing are the topology's to tell."""
    found = {}
    async with asyncio.timeout(SECONDS):
        async with await aio_pika.connect(url) as connection:
            for queue in WORK_QUEUES:
                try:
                    async with connection.channel() as channel:
                        dead = await channel.declare_queue(queue.dead, passive=True)
                        found[queue.dead] = dead.declaration_result.message_count or 0
                except ChannelNotFoundEntity:
                    continue
    return found


def _see(servers: ServerConnections, service: str) -> str:
    return f"see in the log of the {service} service why, or {servers.target.restart(service)}"
