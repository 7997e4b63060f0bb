"""Events of now, as webhooks are told of them."""

from collections.abc import Iterable
from typing import Any

import aio_pika

from shared.events import Event, InvoiceFound, new_event, utc_now
from tests.support.builders import sample_events
from tests.support.events import Scan
from tests.support.servers import Vhost


async def happened(vhost: Vhost, events: Iterable[Event[Any]]) -> None:
    """Publish, as an administrator may in place of every service."""
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("mailtally.events", ensure=False)
        for event in events:
            message = aio_pika.Message(event.to_bytes(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(message, event.routing_key)


def recent(task_id: str, user_id: str = "user-1") -> Scan:
    """A scan that starts now."""
    return Scan(task_id, user_id=user_id, start=utc_now())


def an_invoice(scan: Scan) -> Event[Any]:
    """An invoice that the scan finds."""
    data: InvoiceFound = sample_events()["invoice.found.v1"].data
    mine = data.model_copy(update={"task_id": scan.task_id, "user_id": scan.user_id})
    return new_event(mine, service="scanner", sequence=0, time=utc_now(), discriminator=scan.task_id)
