"""A connection below FastStream that is made again whenever it is lost, where FastStream costs too much."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiormq
from aiormq.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from shared.backoff import delays
from shared.messaging.broker import with_heartbeat

CONNECTION_LOST: tuple[type[Exception], ...] = (AMQPError, ConnectionError, TimeoutError, OSError, RuntimeError)
"""What work on a connection raises when it is gone; a closed channel raises a RuntimeError."""

_CONNECT_SECONDS = 10.0


async def keep_connected(
    url: str, work: Callable[[AbstractConnection], Awaitable[None]], *, logger: logging.Logger
) -> None:
    """Connect and run `work`, again whenever it returns or the connection is lost; until cancelled."""
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
            # The library cancels what waits on a connection that it gives up; that is not our own end.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            logger.warning("connection lost", extra={"reason": "it was given up"})
        except CONNECTION_LOST as error:
            logger.warning("connection lost", extra={"reason": type(error).__name__})
        await asyncio.sleep(next(pauses))
