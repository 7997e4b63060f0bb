"""Executor of commands: claims a unit of work, runs its job under the lease, and ends the lease."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from services.scanner.error_codes import PermanentFailure
from services.scanner.jobs.commands import Command
from services.scanner.jobs.completer import UnitCompleter
from services.scanner.jobs.concurrency import ConcurrencyLimit
from services.scanner.jobs.job_factory import JobFactory
from services.scanner.jobs.lease_keeper import HoldOutcome, LeaseKeeper
from services.scanner.jobs.unclaimed import UnclaimedUnits
from services.scanner.metrics import ScannerMetrics
from services.scanner.runs.fair_scheduler import FairScheduler
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import TERMINAL_STATES, Claim, Unit
from services.scanner.sources.base import AccountBusyError, ThrottledError
from shared.backoff import delays
from shared.mongo import UNAVAILABLE, Document
from shared.observability.telemetry import work_span
from shared.observability.tracing import trace_context

logger = logging.getLogger("mailtally.scanner.executor")


class UnitExecutor:
    """Executes commands, at most `jobs.limits.units_at_once` at a time whatever the broker
    delivers.

    See docs/scan-runs.md ("Steps that take a lease").
    """

    def __init__(
        self,
        leases: Leases,
        scheduler: FairScheduler,
        lease_keeper: LeaseKeeper,
        completer: UnitCompleter,
        unclaimed: UnclaimedUnits,
        jobs: JobFactory,
        metrics: ScannerMetrics,
    ) -> None:
        self._leases = leases
        self._scheduler = scheduler
        self._lease_keeper = lease_keeper
        self._completer = completer
        self._unclaimed = unclaimed
        self._jobs = jobs
        self._metrics = metrics
        self._limit = ConcurrencyLimit(jobs.limits.units_at_once)

    async def execute(self, command: Command, *, marked: bool) -> None:
        """Execute one unit of work: the one that the fair scheduler gives, often not the one named.

        There is one command for each unit that can be claimed. So a unit that was passed over is
        executed at the command of the unit that was preferred to it. `marked`: the command was
        redelivered or is a rescue, so the scanner that had it before may have died.
        """
        async with self._limit.shared():
            # Before the claim: a claimed unit must be worked on at once, not wait for the broker.
            run = await self._leases.read(command.task_id, command.unit)
            is_suspect = run is not None and _is_suspect(run, command.unit)
            if run is not None and not is_suspect:
                await self._unclaimed.act(run, command.unit, marked=marked)
            claim = await self._scheduler.claim_next()
            if claim is not None:
                await self._execute_traced(claim)
        if run is not None and is_suspect:
            await self._execute_exclusively(run, command.unit, marked=marked)

    async def _execute_exclusively(self, run: Document, unit: Unit, *, marked: bool) -> None:
        """Execute a suspect unit while this process works on nothing else that could die with it."""
        async with self._limit.exclusive():
            claim = await self._leases.claim(run["_id"], unit, exclusive=True)
            if claim is not None:
                await self._execute_traced(claim)
                return
        await self._unclaimed.act(run, unit, marked=marked)

    async def _execute_traced(self, claim: Claim) -> None:
        traceparent = claim.run.get("traceparent")
        kind = "plan" if claim.unit.slice_number is None else "slice"
        with trace_context(traceparent, claim.task_id), work_span(kind, traceparent):
            await self._execute(claim)

    async def _execute(self, claim: Claim) -> None:
        """Hold the lease and work; map every error to the way in which the lease ends."""
        extra = {"unit": claim.unit.path}
        try:
            outcome = await self._hold(claim)
        except PermanentFailure as failure:
            logger.warning("scan failed permanently", extra={**extra, "event": "scan_failed", "reason": failure.code})
            outcome = "failed" if await self._completer.fail(claim, failure) else "lost"
        except UNAVAILABLE as error:
            logger.warning(
                "database unavailable: unit handed back",
                extra={**extra, "event": "unit_handed_back", "reason": type(error).__name__},
            )
            outcome = await _when_available(self._completer.hand_back_later, claim, "handed_back")
        except AccountBusyError:
            logger.info(
                "all connections of the account are in use: unit handed back",
                extra={**extra, "event": "connections_exhausted"},
            )
            outcome = await _when_available(self._completer.hand_back_later, claim, "handed_back")
        except ThrottledError as throttled:
            logger.warning(
                "mail server throttles: unit retried later",
                extra={**extra, "event": "mailbox_throttled", "seconds": throttled.seconds},
            )
            later = partial(self._completer.retry_after_fault, at_least_s=throttled.seconds)
            outcome = await _when_available(later, claim, "retried")
        except OSError as error:
            logger.warning(
                "mailbox unavailable: unit retried later",
                extra={**extra, "event": "mailbox_unavailable", "reason": type(error).__name__},
            )
            outcome = await _when_available(self._completer.retry_after_fault, claim, "retried")
        except Exception:  # a bug, perhaps provoked by one message: after a few tries the slice is bisected
            logger.exception("unit raised an unexpected error: retried later", extra={**extra, "event": "unit_error"})
            outcome = await _when_available(self._completer.retry_after_error, claim, "retried")
        if outcome == "lost":
            await self._completer.publish_if_committed(claim)
        self._metrics.count_unit(outcome)

    async def _hold(self, claim: Claim) -> str:
        """Run the claimed unit's job under its lease; return the outcome as `count_unit` takes it."""
        began = time.monotonic()
        if claim.unit.slice_number is None:
            plan = self._jobs.plan(claim)
            held = await self._lease_keeper.hold(claim, plan)
            done = held is HoldOutcome.FINISHED and await self._completer.complete_plan(claim, plan)
        else:
            job = self._jobs.slice(claim)
            held = await self._lease_keeper.hold(claim, job)
            seconds = time.monotonic() - began
            done = held is HoldOutcome.FINISHED and await self._completer.complete_slice(claim, job, seconds=seconds)
        if held is HoldOutcome.STOPPED:
            return "handed_back" if await self._completer.hand_back(claim) else "lost"
        return "done" if done else "lost"


def _is_suspect(run: Document, unit: Unit) -> bool:
    """Return whether only a scanner that works on nothing else may claim the unit."""
    content = unit.of(run)
    if run["state"] in TERMINAL_STATES or content is None or content["state"] == "done":
        return False
    return bool(content.get("suspect"))


async def _when_available(end_lease: Callable[[Claim], Awaitable[bool]], claim: Claim, outcome: str) -> str:
    """End the lease as soon as the database is available; return `outcome`, or "lost"."""
    for delay in delays():
        try:
            return outcome if await end_lease(claim) else "lost"
        except UNAVAILABLE as error:
            logger.warning(
                "database unavailable: retrying",
                extra={"event": "database_unavailable", "reason": type(error).__name__},
            )
            await asyncio.sleep(delay)
    raise AssertionError("delays() never ends")
