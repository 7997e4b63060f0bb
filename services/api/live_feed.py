"""The process's own queue of `task.changed` events, which feeds the hub."""

import logging
import uuid

from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange, RabbitMessage, RabbitQueue

from services.api.live import Hub
from shared.errors import MalformedEvent
from shared.events import TaskChanged, decode
from shared.topology import EVENTS_EXCHANGE

logger = logging.getLogger("mailtally.api.live")

_PREFETCH = 200
_QUEUE_LENGTH = 10_000


def feed(broker: RabbitBroker, hub: Hub) -> None:
    """Subscribe `hub` to every task change.

    The queue is this process's alone and goes with its connection. What is lost meanwhile does no harm: a change is
    news of a document, and every stream reads its documents again from time to time.
    """
    queue = RabbitQueue(
        f"api.live.{uuid.uuid4().hex}",
        exclusive=True,
        auto_delete=True,
        routing_key=TaskChanged.routing_key,
        arguments={"x-max-length": _QUEUE_LENGTH, "x-overflow": "drop-head"},
    )
    exchange = RabbitExchange(EVENTS_EXCHANGE, type=ExchangeType.TOPIC, declare=False)

    async def on_task_changed(message: RabbitMessage) -> None:
        try:
            event = decode(message.body)
        except MalformedEvent as error:
            logger.warning("task change not understood", extra={"reason": str(error)})
        else:
            if isinstance(event.data, TaskChanged):
                hub.publish(event.data)
        await message.ack()

    broker.subscriber(queue, exchange, channel=Channel(prefetch_count=_PREFETCH))(on_task_changed)
