"""AMQP connections with aiormq that reconnect, for code where FastStream costs too much."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiormq
from aiormq.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from shared.backoff import delays
from shared.messaging.broker import with_heartbeat

CONNECTION_LOST: tuple[type[Exception], ...] = (AMQPError, ConnectionError, TimeoutError, OSError, RuntimeError)
"""Errors of work on a lost connection; a closed channel raises a RuntimeError."""

_CONNECT_SECONDS = 10.0


async def keep_connected(
    url: str, work: Callable[[AbstractConnection], Awaitable[None]], *, logger: logging.Logger
) -> None:
    """Connect and run `work` until cancelled; reconnect when it returns or the connection is lost."""
    pauses = delays(first=0.2)
    while True:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                connection = await aiormq.connect(with_heartbeat(url))
            try:
                await work(connection)
                pauses = delays(first=0.2)
            finally:
                await connection.close()
        except asyncio.CancelledError:
            # aiormq cancels what waits on a connection that it closes; that is no cancellation of this task.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            logger.warning("connection lost", extra={"event": "connection_lost", "reason": "closed by aiormq"})
        except CONNECTION_LOST as error:
            facts = {"event": "connection_lost", "reason": type(error).__name__}
            logger.warning("connection lost", extra=facts)
        await asyncio.sleep(next(pauses))
