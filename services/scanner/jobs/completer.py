"""How a unit leaves its holder's hands: done, failed, to be retried, or handed back; each with all that follows."""

import asyncio
import logging

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.event_publisher import Announcements
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.plan_job import PlanWork
from services.scanner.jobs.retry_policy import Wait, wait_before
from services.scanner.jobs.run_lifecycle import Lifecycle
from services.scanner.jobs.slice_job import SliceWork
from services.scanner.progress_text import Pace
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.invoices import Invoices
from services.scanner.runs.completion import Completion
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, TERMINAL_STATES, Claim, Policy, Unit
from services.scanner.start_latency import Starts
from shared.mongo import Document

logger = logging.getLogger("mailtally.scanner.finishing")


class Finishing:
    """The holder's last rows. Each method is one write, then its publishes; False: the lease was lost before."""

    def __init__(
        self,
        leases: Leases,
        completion: Completion,
        lifecycle: Lifecycle,
        starts: Starts,
        invoices: Invoices,
        cursors: Cursors,
        announcements: Announcements,
        commands: Commands,
        policy: Policy,
    ) -> None:
        self._leases = leases
        self._completion = completion
        self._lifecycle = lifecycle
        self._starts = starts
        self._invoices = invoices
        self._cursors = cursors
        self._announcements = announcements
        self._commands = commands
        self._policy = policy
        self._pace = Pace()

    async def plan(self, claim: Claim, work: PlanWork) -> bool:
        """The mailbox is listed: start the scan, or end it if there is nothing to read."""
        slices = work.cutter.slices
        at_once = min(self._policy.window, len(slices))
        estimated = self._pace.estimate(work.listed - work.skipped, at_once=at_once)
        run = await self._completion.plan_done(
            claim,
            slices,
            messages=work.listed,
            skipped=work.skipped,
            estimated_s=estimated,
            marks=work.marks,
            fetched=work.fetched,
        )
        if run is None:
            return False
        if slices:
            await self.tell_done(run, PLAN)
        else:
            await self._end_as_done(run)
        await self._starts.measure(run)
        return True

    async def slice(self, claim: Claim, work: SliceWork, *, seconds: float) -> bool:
        """All messages of a slice have their outcome; the last slice ends the run."""
        self._pace.learn(work.read, seconds)
        counters = work.counters
        while (standing := await self._completion.standing(claim)) is not None:
            if standing.left == 1:
                # Nobody else works on this scan any more, so its invoices are complete.
                totals = await self._invoices.totals_of(claim.task_id)
                ended = await self._completion.last_slice_done(claim, counters, totals)
                if ended is not None:
                    await self._end_as_done(ended)
                    return True
            else:
                run = await self._completion.slice_done(claim, counters, standing)
                if run is not None:
                    await self._announcements.progressed(run)
                    await self.tell_done(run, claim.unit)
                    return True
        return False

    async def fail(self, claim: Claim, failure: PermanentFailure) -> bool:
        """The scan cannot go on."""
        run = await self._completion.fail(claim, error_code=failure.code, error=failure.sentence)
        if run is not None:
            await self._lifecycle.publish_end(run)
        return run is not None

    async def retry(self, claim: Claim) -> bool:
        """A bug, or a message that provokes one: later, with a try less; without one the slice is suspected."""
        tries = (await self._unit(claim)).get("tries", 1)
        if tries >= self._policy.max_tries:
            given_back = await self._leases.retry_later(claim, delay_s=0)
            return await self._send(claim) if given_back else False
        wait = wait_before(tries)
        given_back = await self._leases.retry_later(claim, delay_s=wait.seconds)
        return await self._send_later(claim, wait) if given_back else False

    async def retry_after_fault(self, claim: Claim, *, at_least_s: float = 0) -> bool:
        """The mailbox cannot be reached, or asks for patience: later, unless that was so too often."""
        faults = (await self._unit(claim)).get("faults", 0) + 1
        if faults >= self._policy.max_faults:
            return await self.fail(claim, PermanentFailure(ErrorCode.MAILBOX_UNAVAILABLE))
        wait = wait_before(faults, at_least_s=at_least_s)
        given_back = await self._leases.retry_after_fault(claim, delay_s=wait.seconds)
        return await self._send_later(claim, wait) if given_back else False

    async def put_off(self, claim: Claim) -> bool:
        """Our own database was away, or others are at the mailbox: nobody's fault, and no attempt."""
        wait = wait_before(1)
        given_back = await self._leases.hand_back(claim, delay_s=wait.seconds)
        return await self._send_later(claim, wait) if given_back else False

    async def hand_back(self, claim: Claim) -> bool:
        """Somebody else shall go on, at once."""
        given_back = await self._leases.hand_back(claim)
        return await self._send(claim) if given_back else False

    async def _send(self, claim: Claim) -> bool:
        await self._commands.send(Command(claim.task_id, claim.unit))
        return True

    async def _send_later(self, claim: Claim, wait: Wait) -> bool:
        await self._commands.send_later(Command(claim.task_id, claim.unit), wait)
        return True

    async def tell_done(self, run: Document, unit: Unit, *, again: bool = False) -> None:
        """What a done unit has to publish: a command for each slice that it has released.

        For the first time also for one that somebody holds already: they took it at the command of another unit, which
        is done at this one. `again`: only for those that nobody has taken up, so that repeating does not add up.
        """
        if unit.slice_number is None:
            await self._announcements.started(run)
            released = range(min(self._policy.window, run["next"]))
        else:
            done = unit.of(run) or {}
            released = range(done["released"], done["released"] + 1) if "released" in done else range(0)
        told = await self._completion.unclaimed(run["_id"], released) if again else released
        await asyncio.gather(*(self._commands.send(Command(run["_id"], Unit(number))) for number in told))
        await self._completion.flushed(run["_id"], unit)

    async def after_lost(self, claim: Claim) -> None:
        """No write matched. If it was our own that had been committed without an answer, do what follows it."""
        run = await self._leases.look(claim.task_id, claim.unit)
        unit = None if run is None else claim.unit.of(run)
        if run is None or unit is None or unit["token"] != claim.token:
            return
        if run["state"] in TERMINAL_STATES:
            if not run["settled"]:
                await self._lifecycle.publish_end(run)
        elif unit["state"] == "done" and not unit["flushed"]:
            await self.tell_done(run, claim.unit)

    async def _unit(self, claim: Claim) -> Document:
        run = await self._leases.look(claim.task_id, claim.unit)
        return {} if run is None else claim.unit.of(run) or {}

    async def _end_as_done(self, ended: Document) -> None:
        await self._lifecycle.publish_end(ended)
        marks = await self._completion.marks(ended["_id"])
        await self._cursors.advance(ended["account_id"], ended["_id"], marks)
