"""What every FastStream handler of ours does around its own work: decode, retry, set poison aside, acknowledge last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from faststream.rabbit import RabbitMessage

from shared.backoff import delays
from shared.errors import MalformedEvent, NotConfirmed
from shared.events import Event, decode
from shared.messaging.dead_letters import DeadLetters
from shared.mongo import UNAVAILABLE
from shared.observability.telemetry import process_span
from shared.observability.tracing import working_on

logger = logging.getLogger("mailtally.consuming")

_TRANSIENT: tuple[type[Exception], ...] = (*UNAVAILABLE, NotConfirmed)

Handle = Callable[[RabbitMessage], Awaitable[None]]


def event_handler(
    queue: str, dead_letters: DeadLetters, on_event: Callable[[Event[Any], bool], Awaitable[None]]
) -> Handle:
    """A subscriber that hands decoded events and their redelivered flag to `on_event`, and acks when it returns."""

    async def handle(message: RabbitMessage) -> None:
        try:
            event = decode(message.body)
        except MalformedEvent as error:
            await dead_letters.bury(message.body, queue=queue, reason=str(error), headers=message.headers)
            await message.ack()
            return
        with working_on(event.traceparent, event.subject), process_span(queue, event):
            await settle(message, queue, dead_letters, lambda: on_event(event, bool(message.raw_message.redelivered)))

    return handle


async def settle(
    message: RabbitMessage, queue: str, dead_letters: DeadLetters, work: Callable[[], Awaitable[None]]
) -> None:
    """Run `work` until it succeeds, or set the message aside, then ack."""
    await attempt(message, queue, dead_letters, work)
    await message.ack()


async def attempt(
    message: RabbitMessage, queue: str, dead_letters: DeadLetters, work: Callable[[], Awaitable[None]]
) -> None:
    """Run `work` until it succeeds; the caller acks when this returns.

    Trouble with the database or the broker is waited out, holding the message; any other exception is a bug or
    poison, so the message goes to the dead letters with its reason instead of going round for ever.
    """
    for delay in delays():
        try:
            await work()
            return
        except _TRANSIENT as error:
            logger.warning("trying again", extra={"queue": queue, "reason": type(error).__name__})
            await asyncio.sleep(delay)
        except Exception as error:  # whatever it is, the message must not be lost and must not block the queue
            logger.exception("handler failed", extra={"queue": queue})
            reason = f"{type(error).__name__} in the handler; see the log"
            await dead_letters.bury(message.body, queue=queue, reason=reason, headers=message.headers)
            return
