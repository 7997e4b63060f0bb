"""Keeper of a unit's lease while its job runs: renews it, reports progress, and knows when to stop."""

import asyncio
import logging
from enum import Enum
from typing import Any, Protocol

from services.scanner.event_publisher import EventPublisher
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Claim, Counters, Policy
from shared.mongo import UNAVAILABLE

logger = logging.getLogger("mailtally.scanner.leases")

HEARTBEAT_S = 1.0
TIME_BUDGET_S = 600.0
"""A unit that takes longer is handed back: its delivery must end well before the broker's consumer
timeout (30 min)."""


class Job(Protocol):
    """The job of a unit as its lease keeper sees it."""

    @property
    def counters(self) -> Counters | None:
        """Return the counters of what is stored so far; None for a plan."""
        ...

    @property
    def listed(self) -> int:
        """Return the number of messages that a plan has listed so far."""
        ...

    async def run(self) -> None:
        """Do the work. May be cancelled at any point, and begun again by any scanner."""
        ...


class HoldOutcome(Enum):
    """How holding a unit ended, other than by an exception of its job."""

    FINISHED = "finished"
    LOST = "lost"
    STOPPED = "stopped"


class LeaseKeeper:
    """Runs jobs under the leases of their claims."""

    def __init__(self, leases: Leases, events: EventPublisher, policy: Policy, stopping: asyncio.Event) -> None:
        self._leases = leases
        self._events = events
        self._heartbeat_s = min(HEARTBEAT_S, policy.lease_s / 3)
        self._stopping = stopping

    async def hold(self, claim: Claim, job: Job) -> HoldOutcome:
        """Run the job until it ends, the lease is lost, the time budget is over, or the scanner
        stops.

        Raises whatever the job raises.
        """
        working = asyncio.create_task(job.run())
        heartbeat = asyncio.create_task(self._heartbeat(claim, job))
        stopped = asyncio.create_task(self._stopping.wait())
        tasks: list[asyncio.Task[Any]] = [working, heartbeat, stopped]
        try:
            done, _ = await asyncio.wait(tasks, timeout=TIME_BUDGET_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if working in done:
            working.result()
            return HoldOutcome.FINISHED
        if heartbeat in done:
            heartbeat.result()
            return HoldOutcome.LOST
        return HoldOutcome.STOPPED

    async def _heartbeat(self, claim: Claim, job: Job) -> None:
        """Renew the lease until it is lost; keep trying while the database is unavailable.

        The lease may still be valid when the database answers again.
        """
        reported: tuple[Counters | None, int] | None = None
        while True:
            await asyncio.sleep(self._heartbeat_s)
            progress = (job.counters, job.listed)
            try:
                if progress == reported:
                    held = await self._leases.renew(claim)
                else:
                    held = await self._report_progress(claim, progress)
                    reported = progress
            except UNAVAILABLE as error:
                logger.warning(
                    "lease not renewed: database unavailable",
                    extra={"event": "lease_not_renewed", "reason": type(error).__name__},
                )
                continue
            if not held:
                return

    async def _report_progress(self, claim: Claim, progress: tuple[Counters | None, int]) -> bool:
        counters, listed = progress
        run = await self._leases.record_progress(claim, counters)
        if run is not None:
            await self._events.publish_progressed(run, listed=listed)
        return run is not None
