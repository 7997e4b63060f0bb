"""Completer of units: ends a lease as done, failed, retried or handed back, and publishes what
follows."""

import asyncio
from dataclasses import dataclass

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.event_publisher import EventPublisher
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.plan_job import PlanJob
from services.scanner.jobs.retry_policy import Wait, wait_before
from services.scanner.jobs.run_lifecycle import RunLifecycle
from services.scanner.jobs.slice_job import SliceJob
from services.scanner.metrics import StartLatency
from services.scanner.progress_text import SpeedEstimate
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.invoices import Invoices
from services.scanner.runs.completion import Completion
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, TERMINAL_STATES, Claim, Unit
from shared.mongo import Document


@dataclass(frozen=True)
class ScanResults:
    """The collections that the end of a whole scan reads and writes."""

    invoices: Invoices
    cursors: Cursors


class UnitCompleter:
    """Ends the leases of this scanner's claims.

    Each method takes one of the steps in docs/scan-runs.md ("Steps of the holder"), then publishes.
    It returns False if the lease was lost before; then nothing was written.
    """

    def __init__(
        self,
        leases: Leases,
        completion: Completion,
        lifecycle: RunLifecycle,
        results: ScanResults,
        start_latency: StartLatency,
        events: EventPublisher,
        commands: Commands,
    ) -> None:
        self._leases = leases
        self._completion = completion
        self._lifecycle = lifecycle
        self._results = results
        self._start_latency = start_latency
        self._events = events
        self._commands = commands
        self._policy = completion.policy
        self._speed = SpeedEstimate()

    async def complete_plan(self, claim: Claim, job: PlanJob) -> bool:
        """Store the plan and start the scan, or end it if there is nothing to read."""
        slices = job.planner.slices
        at_once = min(self._policy.window, len(slices))
        estimated = self._speed.seconds_for(job.listed - job.skipped, at_once=at_once)
        run = await self._completion.complete_plan(
            claim,
            slices,
            messages=job.listed,
            skipped=job.skipped,
            estimated_s=estimated,
            folders=job.folders,
            fetched=job.fetched,
        )
        if run is None:
            return False
        if slices:
            await self.publish_completion(run, PLAN)
        else:
            await self._publish_done(run)
        await self._start_latency.observe(run)
        return True

    async def complete_slice(self, claim: Claim, job: SliceJob, *, seconds: float) -> bool:
        """Complete a slice all of whose messages have their outcome; the last slice ends the run."""
        self._speed.add(job.read, seconds)
        counters = job.counters
        while (remaining := await self._completion.slices_left(claim)) is not None:
            if remaining.left == 1:
                # No other scanner works on this run any more, so its invoices are complete.
                totals = await self._results.invoices.totals_of(claim.task_id)
                ended = await self._completion.complete_last_slice(claim, counters, totals)
                if ended is not None:
                    await self._publish_done(ended)
                    return True
            else:
                run = await self._completion.complete_slice(claim, counters, remaining)
                if run is not None:
                    await self._events.publish_progressed(run)
                    await self.publish_completion(run, claim.unit)
                    return True
        return False

    async def fail(self, claim: Claim, failure: PermanentFailure) -> bool:
        """End the run as failed."""
        run = await self._completion.fail(claim, error_code=failure.code, error=failure.sentence)
        if run is not None:
            await self._lifecycle.publish_end(run)
        return run is not None

    async def retry_after_error(self, claim: Claim) -> bool:
        """Retry after an unexpected error, which uses a try; without tries left the slice is
        bisected."""
        tries = (await self._read_unit(claim)).get("tries", 1)
        if tries >= self._policy.max_tries:
            returned = await self._leases.return_after_error(claim, delay_s=0)
            return await self._send(claim) if returned else False
        wait = wait_before(tries)
        returned = await self._leases.return_after_error(claim, delay_s=wait.seconds)
        return await self._send_later(claim, wait) if returned else False

    async def retry_after_fault(self, claim: Claim, *, at_least_s: float = 0) -> bool:
        """Retry after a fault of the mail server; the last allowed fault ends the run as failed."""
        faults = (await self._read_unit(claim)).get("faults", 0) + 1
        if faults >= self._policy.max_faults:
            return await self.fail(claim, PermanentFailure(ErrorCode.MAILBOX_UNAVAILABLE))
        wait = wait_before(faults, at_least_s=at_least_s)
        returned = await self._leases.return_after_fault(claim, delay_s=wait.seconds)
        return await self._send_later(claim, wait) if returned else False

    async def hand_back_later(self, claim: Claim) -> bool:
        """Hand the unit back for a short while; costs neither a try nor a fault.

        For what is not the mailbox's fault: our database is unavailable, or other units use all
        connections of the account.
        """
        wait = wait_before(1)
        returned = await self._leases.hand_back(claim, delay_s=wait.seconds)
        return await self._send_later(claim, wait) if returned else False

    async def hand_back(self, claim: Claim) -> bool:
        """Hand the unit back so that another scanner continues at once."""
        returned = await self._leases.hand_back(claim)
        return await self._send(claim) if returned else False

    async def publish_completion(self, run: Document, unit: Unit, *, again: bool = False) -> None:
        """Publish what a done unit must publish: a command for each slice that it has released.

        The first time this includes slices that are leased already: their holders took them at
        the command of another unit, which is executed at this one. `again`: only for slices that
        no scanner has claimed, so that repeated commands do not multiply.
        """
        if unit.slice_number is None:
            await self._events.publish_started(run)
            released = range(min(self._policy.window, run["next"]))
        else:
            done = unit.of(run) or {}
            released = range(done["released"], done["released"] + 1) if "released" in done else range(0)
        numbers = await self._completion.unclaimed_slices(run["_id"], released) if again else released
        await asyncio.gather(*(self._commands.send(Command(run["_id"], Unit(number))) for number in numbers))
        await self._completion.mark_announced(run["_id"], unit)

    async def publish_if_committed(self, claim: Claim) -> None:
        """Publish what follows our own write if it was committed although its answer got lost.

        Called when a write of this claim did not match: either the lease is lost, or a retried
        write found what the first one had done.
        """
        run = await self._leases.read(claim.task_id, claim.unit)
        unit = None if run is None else claim.unit.of(run)
        if run is None or unit is None or unit["token"] != claim.token:
            return
        if run["state"] in TERMINAL_STATES:
            if not run["settled"]:
                await self._lifecycle.publish_end(run)
        elif unit["state"] == "done" and not unit["flushed"]:
            await self.publish_completion(run, claim.unit)

    async def _send(self, claim: Claim) -> bool:
        await self._commands.send(Command(claim.task_id, claim.unit))
        return True

    async def _send_later(self, claim: Claim, wait: Wait) -> bool:
        await self._commands.send_later(Command(claim.task_id, claim.unit), wait)
        return True

    async def _read_unit(self, claim: Claim) -> Document:
        run = await self._leases.read(claim.task_id, claim.unit)
        return {} if run is None else claim.unit.of(run) or {}

    async def _publish_done(self, ended: Document) -> None:
        """Publish the end of a done run, then advance the cursors of its folders."""
        await self._lifecycle.publish_end(ended)
        folders = await self._completion.folders_scanned(ended["_id"])
        await self._results.cursors.advance(ended["account_id"], ended["_id"], folders)
