"""FastStream handlers of events: decode, retry, dead-letter what cannot be handled, acknowledge
last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from faststream.rabbit import RabbitMessage

from shared.backoff import delays
from shared.errors import MalformedEvent, NotConfirmed
from shared.events import Event, EventData, decode
from shared.messaging.dead_letters import DeadLetters
from shared.mongo import UNAVAILABLE
from shared.observability.telemetry import process_span
from shared.observability.tracing import trace_context

logger = logging.getLogger("mailtally.consuming")

_TRANSIENT: tuple[type[Exception], ...] = (*UNAVAILABLE, NotConfirmed)

DataT = TypeVar("DataT", bound=EventData)


def event_handler(
    queue: str,
    data_type: type[DataT],
    on_event: Callable[[Event[DataT], bool], Awaitable[None]],
    *,
    dead_letters: DeadLetters,
) -> Callable[[RabbitMessage], Awaitable[None]]:
    """Make the subscriber of a queue that holds events of one type.

    It calls `on_event` with the event and the broker's redelivered flag, and acknowledges the
    message when that returns. A message that is no event of the type becomes a dead letter.
    """

    async def handle(message: RabbitMessage) -> None:
        try:
            event = _decode(message.body, queue, data_type)
        except MalformedEvent as error:
            await dead_letters.add(message.body, queue=queue, reason=str(error), headers=message.headers)
            await message.ack()
            return
        redelivered = bool(message.raw_message.redelivered)
        with trace_context(event.traceparent, event.subject), process_span(queue, event):
            await handle_and_ack(message, queue, dead_letters, lambda: on_event(event, redelivered))

    return handle


def _decode(body: bytes, queue: str, data_type: type[DataT]) -> Event[Any]:
    event = decode(body)
    if not isinstance(event.data, data_type):
        raise MalformedEvent(f"{event.type} does not belong into {queue}")
    return event


async def handle_and_ack(
    message: RabbitMessage, queue: str, dead_letters: DeadLetters, work: Callable[[], Awaitable[None]]
) -> None:
    """Run `work` until it succeeds or the message is a dead letter, then acknowledge the message."""
    await handle_with_retries(message, queue, dead_letters, work)
    await message.ack()


async def handle_with_retries(
    message: RabbitMessage, queue: str, dead_letters: DeadLetters, work: Callable[[], Awaitable[None]]
) -> None:
    """Run `work` until it succeeds; the caller acknowledges the message afterwards.

    While the database or the broker is unavailable, the message is held and `work` is retried. Any
    other exception is a bug or a poison message: the message becomes a dead letter, since it would
    otherwise be redelivered for ever.
    """
    for delay in delays():
        try:
            await work()
            return
        except _TRANSIENT as error:
            facts = {"event": "handler_retried", "queue": queue, "reason": type(error).__name__}
            logger.warning("handler failed and will be retried", extra=facts)
            await asyncio.sleep(delay)
        except Exception as error:  # whatever it is, the message must not be lost and must not block the queue
            logger.exception("handler failed", extra={"event": "handler_failed", "queue": queue})
            reason = f"{type(error).__name__} in the handler; see the log"
            await dead_letters.add(message.body, queue=queue, reason=reason, headers=message.headers)
            return
