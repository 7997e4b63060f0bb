"""Holding a unit's lease while its work goes on: a beat that renews it and shows progress, and the reasons to stop."""

import asyncio
import logging
from enum import Enum
from typing import Any, Protocol

from services.scanner.event_publisher import Announcements
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Claim, Counters, Policy
from shared.mongo import UNAVAILABLE

logger = logging.getLogger("mailtally.scanner.holding")

BEAT_S = 1.0
BUDGET_S = 600.0
"""A unit that takes longer is handed back: its delivery must end well before the broker's consumer timeout (30 min)."""


class Work(Protocol):
    """A unit's work as its holder sees it."""

    @property
    def counters(self) -> Counters | None:
        """What is stored so far; None for a plan."""
        ...

    @property
    def listed(self) -> int:
        """Messages that a plan has listed so far."""
        ...

    async def run(self) -> None:
        """Do it. May be cancelled at any point, and begun again by anyone."""
        ...


class Outcome(Enum):
    """How holding a unit ended, other than by an exception of its work."""

    FINISHED = "finished"
    LOST = "lost"
    STOPPED = "stopped"


class Holder:
    """Runs the work of claimed units under their leases."""

    def __init__(self, leases: Leases, announcements: Announcements, policy: Policy, stopping: asyncio.Event) -> None:
        self._leases = leases
        self._announcements = announcements
        self._beat_s = min(BEAT_S, policy.lease_s / 3)
        self._stopping = stopping

    async def hold(self, claim: Claim, work: Work) -> Outcome:
        """Work until it is done, the lease or the run is over, or it is time to stop. Raises as `work` does."""
        working = asyncio.create_task(work.run())
        beating = asyncio.create_task(self._beat(claim, work))
        stopped = asyncio.create_task(self._stopping.wait())
        tasks: list[asyncio.Task[Any]] = [working, beating, stopped]
        try:
            done, _ = await asyncio.wait(tasks, timeout=BUDGET_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if working in done:
            working.result()
            return Outcome.FINISHED
        if beating in done:
            beating.result()
            return Outcome.LOST
        return Outcome.STOPPED

    async def _beat(self, claim: Claim, work: Work) -> None:
        """Returns when the lease is lost. A database that does not answer is asked again: the lease may still hold."""
        told: tuple[Counters | None, int] | None = None
        while True:
            await asyncio.sleep(self._beat_s)
            so_far = (work.counters, work.listed)
            try:
                if so_far == told:
                    held = await self._leases.renew(claim)
                else:
                    held = await self._tick(claim, so_far)
                    told = so_far
            except UNAVAILABLE as error:
                logger.warning("the lease was not renewed", extra={"reason": type(error).__name__})
                continue
            if not held:
                return

    async def _tick(self, claim: Claim, so_far: tuple[Counters | None, int]) -> bool:
        counters, listed = so_far
        run = await self._leases.tick(claim, counters)
        if run is not None:
            await self._announcements.progressed(run, listed=listed)
        return run is not None
