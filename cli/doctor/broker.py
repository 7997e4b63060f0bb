"""Checks of the broker: connection, alarms, consumers, dead letters."""

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
    """Check that the broker accepts the administrator's connection and virtual host."""
    url = servers.target.amqp_url
    if url is None:
        yield unknown("The address of RabbitMQ is not known.", "set MAILTALLY_AMQP_URL")
        return
    where = urlsplit(url).netloc.rpartition("@")[2]
    try:
        asyncio.run(_connect(url))
    except ProbableAuthenticationError:
        yield problem(f"RabbitMQ at {where} refuses the user name or password.", "correct MAILTALLY_AMQP_URL")
    except (AMQPError, OSError, TimeoutError) as error:
        says = f"RabbitMQ does not accept a connection at {where} ({type(error).__name__})."
        yield problem(says, "start it, or correct the address and virtual host")
    else:
        yield ok(f"RabbitMQ accepts connections at {where}")


async def _connect(url: str) -> None:
    async with asyncio.timeout(SECONDS):
        await (await aio_pika.connect(url)).close()


def check_alarms(servers: ServerConnections) -> Iterator[Finding]:
    """Check memory and disk of each node: an alarm blocks every publisher."""
    nodes = servers.get_management("nodes")
    wrong = False
    for node in nodes:
        name = node["name"]
        if not node.get("running", True):
            wrong = True
            yield problem(f"The RabbitMQ node {name} is down.", "start it, and read its log if it does not stay up")
            continue
        if "disk_free_alarm" not in node:
            wrong = True
            yield unknown(
                f"{name} has just started and does not report its alarms yet.", "run the command again in a few seconds"
            )
            continue
        if node["disk_free_alarm"]:
            wrong = True
            says = f"RabbitMQ blocks publishers: {size(node['disk_free'])} of disk are free"
            limit = f"and the limit is {size(node['disk_free_limit'])}"
            yield problem(f"{says} on {name} {limit}.", "free disk space on its machine")
        if node["mem_alarm"]:
            wrong = True
            says = f"RabbitMQ blocks publishers: {name} uses {size(node['mem_used'])} of memory"
            limit = f"and the limit is {size(node['mem_limit'])}"
            yield problem(f"{says} {limit}.", "give it more memory, or raise vm_memory_high_watermark")
        if node.get("partitions"):
            wrong = True
            yield problem(
                f"{name} is partitioned from {', '.join(node['partitions'])}.", "repair the network between them"
            )
    if not wrong:
        free = min((node["disk_free"] for node in nodes), default=0)
        yield ok(f"RabbitMQ has no alarms; {size(free)} of disk are free")


def check_consumers(servers: ServerConnections) -> Iterator[Finding]:
    """Check that each work queue has a consumer, and that each api receives live updates."""
    readers = Counter(consumer["queue"]["name"] for consumer in servers.get_management("consumers/{vhost}"))
    wrong = False
    for queue in WORK_QUEUES:
        if not readers[queue.name]:
            wrong = True
            service = "webhooks" if queue.name == WEBHOOK_EVENTS else queue.name.partition(".")[0]
            yield problem(f"The queue {queue.name} has no consumer.", _see(servers, service))
    live = [name for name in readers if name.startswith(_LIVE)]
    if not live:
        wrong = True
        says = "No api receives live updates of tasks, so pages and the command line do not update live."
        yield problem(says, _see(servers, "api"))
    if not wrong:
        yield ok(f"{count(sum(readers.values()), 'consumer')}; every queue has one")


def check_dead_letters(servers: ServerConnections) -> Iterator[Finding]:
    """Check for dead letters, which wait for a person. The queues themselves are counted, without
    delay."""
    url = servers.target.amqp_url
    if url is None:
        yield unknown("Dead letters were not counted: the address of RabbitMQ is not known.", "set MAILTALLY_AMQP_URL")
        return
    waiting = {name: number for name, number in asyncio.run(_count(url)).items() if number}
    for name, number in waiting.items():
        yield problem(
            f"{count(number, 'dead letter')} in {name}.",
            "find the reason with mailtally dead-letters list, fix the cause, then redrive or drop them",
        )
    if not waiting:
        yield ok("No dead letters")


async def _count(url: str) -> dict[str, int]:
    """Count the messages of each dead-letter queue. Missing queues are reported by the topology
    checks."""
    counts = {}
    async with asyncio.timeout(SECONDS):
        async with await aio_pika.connect(url) as connection:
            for queue in WORK_QUEUES:
                try:
                    async with connection.channel() as channel:
                        dead = await channel.declare_queue(queue.dead, passive=True)
                        counts[queue.dead] = dead.declaration_result.message_count or 0
                except ChannelNotFoundEntity:
                    continue
    return counts


def _see(servers: ServerConnections, service: str) -> str:
    return f"read the log of the {service} service, or {servers.target.restart(service)}"
