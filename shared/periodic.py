"""Maintenance work that every replica of a service repeats for ever."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import NoReturn

from shared.mongo import UNAVAILABLE


def jittered(seconds: float) -> float:
    """Return `seconds` give or take half, so that replicas do not work at the same moments."""
    return random.uniform(seconds / 2, seconds * 3 / 2)  # noqa: S311 (spreads load, guards nothing)


async def run_periodically(
    work: Callable[[], Awaitable[object]],
    *,
    name: str,
    every_s: float,
    logger: logging.Logger,
    transient: tuple[type[Exception], ...] = UNAVAILABLE,
    at_once: bool = False,
) -> NoReturn:
    """Run `work` until cancelled, with jittered pauses of `every_s` seconds on average.

    The first run follows the first pause, unless `at_once`. A `transient` error is logged, and the
    next run does what this one could not. Any other error is raised.
    """
    if not at_once:
        await asyncio.sleep(jittered(every_s))
    while True:
        try:
            await work()
        except transient as error:
            facts = {"event": "periodic_work_deferred", "work": name, "reason": type(error).__name__}
            logger.warning("periodic work failed and will be retried", extra=facts)
        await asyncio.sleep(jittered(every_s))
