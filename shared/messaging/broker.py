"""FastStream brokers with the defaults of this product.

Consuming and publishing never share a connection: a publish through a channel that also consumes
uses the settings of that channel, and a broker that blocks publishers must not block
acknowledgements.
"""

import asyncio
import logging
from typing import Any

from aio_pika.exceptions import AMQPError
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue
from faststream.rabbit.prometheus import RabbitPrometheusMiddleware
from prometheus_client import CollectorRegistry
from yarl import URL

from shared.backoff import delays

logger = logging.getLogger("mailtally.broker")

HEARTBEAT_SECONDS = 10
RECONNECT_SECONDS = 1.0
GRACEFUL_SECONDS = 20.0
_CONNECT_SECONDS = 5.0


def with_heartbeat(url: str) -> str:
    """Return the URL with a heartbeat that detects a frozen broker in seconds instead of minutes."""
    parsed = URL(url)
    return str(parsed if "heartbeat" in parsed.query else parsed.update_query(heartbeat=HEARTBEAT_SECONDS))


def consuming_broker(url: str, *, service: str, registry: CollectorRegistry) -> RabbitBroker:
    """Make a broker for subscribers: bodies arrive undecoded, and only the handler acknowledges a
    message."""
    return _broker(url, service, Channel(prefetch_count=1), middlewares=[_metrics(registry, service)])


def publishing_broker(url: str, *, service: str) -> RabbitBroker:
    """Make a broker without subscribers whose unroutable messages raise; wrap it in
    `publishing.Publisher`."""
    channel = Channel(publisher_confirms=True, on_return_raises=True)
    return _broker(url, f"{service}-publisher", channel, middlewares=[])


def existing_queue(name: str) -> RabbitQueue:
    """Return a queue that the administrator has declared: a service never declares it."""
    return RabbitQueue(name, declare=False)


async def consumers_alive(broker: RabbitBroker) -> bool:
    """Return whether every subscriber of `broker` has its consumer on an open channel.

    An open connection proves nothing: a healthy connection can lose a consumer. FastStream and
    aiormq have no public API for it, hence the private names; pyproject.toml bounds their versions.
    """
    for subscriber in broker.subscribers:
        queue = getattr(subscriber, "_queue_obj", None)
        tag = getattr(subscriber, "_consumer_tag", None)
        if queue is None or tag is None:
            return False
        channel = await queue.channel.get_underlay_channel()
        if channel.is_closed or tag not in channel.consumers:
            return False
    return True


async def _undecoded(message: RabbitMessage) -> Any:
    return message


def _broker(url: str, service: str, channel: Channel, *, middlewares: list[RabbitPrometheusMiddleware]) -> RabbitBroker:
    return RabbitBroker(
        with_heartbeat(url),
        app_id=f"mailtally-{service}",
        client_properties=None,
        default_channel=channel,
        fail_fast=True,
        reconnect_interval=RECONNECT_SECONDS,
        graceful_timeout=GRACEFUL_SECONDS,
        ack_policy=AckPolicy.MANUAL,
        decoder=_undecoded,
        apply_types=False,
        middlewares=middlewares,
        logger=logging.getLogger(f"mailtally.{service}.broker"),
        log_level=logging.DEBUG,
    )


def _metrics(registry: CollectorRegistry, service: str) -> RabbitPrometheusMiddleware:
    return RabbitPrometheusMiddleware(registry=registry, app_name=f"mailtally-{service}", metrics_prefix="faststream")


async def start_when_reachable(broker: RabbitBroker) -> None:
    """Connect and start the subscribers; retry while the broker is unavailable or not yet
    provisioned."""
    for delay in delays(first=0.2):
        starting = asyncio.create_task(broker.start())
        try:
            await asyncio.shield(starting)
            return
        except asyncio.CancelledError:
            # An interrupted start would leave a connection of aio-pika that reconnects for ever and is never closed.
            await asyncio.wait([starting], timeout=_CONNECT_SECONDS)
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            raise
        except (AMQPError, ConnectionError, TimeoutError, OSError) as error:
            facts = {"event": "broker_unavailable", "reason": type(error).__name__}
            logger.warning("broker unavailable", extra=facts)
            await stop(broker)
            await asyncio.sleep(delay)


async def stop(broker: RabbitBroker) -> None:
    """Stop the subscribers and close the connection, also while it reconnects.

    FastStream stops half-way when it cannot cancel a consumer, and leaves a connection that
    reconnects for ever and keeps the process alive.
    """
    try:
        await broker.stop()
    except (ExceptionGroup, AMQPError, ConnectionError, RuntimeError) as error:
        facts = {"event": "connection_force_closed", "reason": type(error).__name__}
        logger.warning("connection closed by force", extra=facts)
        connection = await broker.connect()
        await connection.close()
