"""The queues of this process for `task.changed` events, which feed the hub, and for
`account.checked`."""

import logging
import uuid
from collections.abc import Callable
from typing import TypeVar

from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange, RabbitMessage, RabbitQueue

from services.api.accounts.connection_check import PendingChecks
from services.api.live.hub import Hub
from shared.errors import MalformedEvent
from shared.events import AccountChecked, EventData, TaskChanged, decode
from shared.messaging.topology import EVENTS_EXCHANGE

logger = logging.getLogger("mailtally.api.live")

_PREFETCH = 200
_QUEUE_LENGTH = 10_000

DataT = TypeVar("DataT", bound=EventData)


def feed_hub(broker: RabbitBroker, hub: Hub) -> None:
    """Subscribe `hub` to every task change.

    The queue is this process's alone and goes with its connection. Events lost meanwhile do no
    harm: they only announce changes of documents, and `live.resync` compares the documents
    regularly.
    """
    _subscribe(broker, TaskChanged, hub.publish)


def feed_checks(broker: RabbitBroker, pending: PendingChecks) -> None:
    """Wake requests of this process whose connection checks have their results."""
    _subscribe(broker, AccountChecked, pending.complete)


def _subscribe(broker: RabbitBroker, data_type: type[DataT], handle: Callable[[DataT], None]) -> None:
    queue = RabbitQueue(
        f"api.live.{uuid.uuid4().hex}",
        exclusive=True,
        auto_delete=True,
        routing_key=data_type.routing_key,
        arguments={"x-max-length": _QUEUE_LENGTH, "x-overflow": "drop-head"},
    )
    exchange = RabbitExchange(EVENTS_EXCHANGE, type=ExchangeType.TOPIC, declare=False)

    async def on_event(message: RabbitMessage) -> None:
        try:
            event = decode(message.body)
        except MalformedEvent as error:
            extra = {"event": "event_malformed", "routing_key": data_type.routing_key, "reason": str(error)}
            logger.warning("malformed event ignored", extra=extra)
        else:
            if isinstance(event.data, data_type):
                handle(event.data)
        await message.ack()

    broker.subscriber(queue, exchange, channel=Channel(prefetch_count=_PREFETCH))(on_event)
