"""The row `command`: look at a unit of a run, and do what is to be done about it, which often is nothing."""

import asyncio
import logging
import time

from services.scanner.commands import Command
from services.scanner.examining import Examiner
from services.scanner.failures import PermanentFailure
from services.scanner.findings import Findings
from services.scanner.finishing import Finishing
from services.scanner.holding import Holder, Outcome
from services.scanner.lifecycle import Lifecycle
from services.scanner.metrics import ScannerMetrics
from services.scanner.planning import PlanWork
from services.scanner.repository.ledger import Ledger
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import TERMINAL_STATES, Claim
from services.scanner.slice import SliceWork
from services.scanner.sources.accounts import Accounts
from shared.mongo import UNAVAILABLE
from shared.retry import delays

logger = logging.getLogger("mailtally.scanner.units")


class Units:
    """Performs units of work, at most `at_once` at the same time whatever the broker delivers."""

    def __init__(
        self,
        leases: Leases,
        holder: Holder,
        finishing: Finishing,
        lifecycle: Lifecycle,
        accounts: Accounts,
        examiner: Examiner,
        ledger: Ledger,
        findings: Findings,
        metrics: ScannerMetrics,
        *,
        slice_messages: int,
        at_once: int,
    ) -> None:
        self._leases = leases
        self._holder = holder
        self._finishing = finishing
        self._lifecycle = lifecycle
        self._accounts = accounts
        self._examiner = examiner
        self._ledger = ledger
        self._findings = findings
        self._metrics = metrics
        self._slice_messages = slice_messages
        self._at_once = at_once
        self._slots = asyncio.Semaphore(at_once)

    async def perform(self, command: Command, *, marked: bool) -> None:
        """Do what the command hints at. `marked`: redelivered or a rescue, so whoever was at it may have died."""
        async with self._slots:
            claim = await self._leases.claim(command.task_id, command.unit)
            if claim is None:
                await self._answer(command, marked=marked)
            else:
                await self._work(claim)

    async def _answer(self, command: Command, *, marked: bool) -> None:
        """The rows without a claim."""
        run = await self._leases.look(command.task_id, command.unit)
        if run is None:
            return
        if run["state"] in TERMINAL_STATES:
            if not run["settled"]:
                await self._lifecycle.publish_end(run)
            return
        unit = command.unit.of(run)
        if unit is None:
            return
        if unit["state"] != "done":
            await self._finishing.exhaust(command.task_id, command.unit)
        elif marked and not unit["flushed"]:
            await self._finishing.tell_done(run, command.unit)

    async def _work(self, claim: Claim) -> None:
        """Hold the unit, and let it go in the way that fits; what is left to do after a lost lease is little."""
        try:
            outcome = await self._hold(claim)
        except PermanentFailure as failure:
            logger.warning("the scan cannot go on", extra={"task_id": claim.task_id, "reason": failure.code})
            outcome = "failed" if await self._finishing.fail(claim, failure) else "lost"
        except Exception as error:  # a bug or a passing fault: tried again a few times, then the scan fails
            logger.exception("a unit of work failed", extra={"task_id": claim.task_id, "unit": claim.unit.path})
            outcome = await self._retry_when_possible(claim, error)
        if outcome == "lost":
            await self._finishing.after_lost(claim)
        self._metrics.unit(outcome)

    async def _hold(self, claim: Claim) -> str:
        began = time.monotonic()
        if claim.unit.slice_number is None:
            plan = PlanWork(claim, self._accounts, self._ledger, slice_messages=self._slice_messages)
            held = await self._holder.hold(claim, plan)
            done = held is Outcome.FINISHED and await self._finishing.plan(claim, plan)
        else:
            piece = SliceWork(
                claim, self._accounts, self._examiner, self._ledger, self._findings, at_once=self._at_once + 1
            )
            held = await self._holder.hold(claim, piece)
            seconds = time.monotonic() - began
            done = held is Outcome.FINISHED and await self._finishing.slice(claim, piece, seconds=seconds)
        if held is Outcome.STOPPED:
            return "handed_back" if await self._finishing.hand_back(claim) else "lost"
        return "done" if done else "lost"

    async def _retry_when_possible(self, claim: Claim, error: Exception) -> str:
        for delay in delays():
            try:
                return "retried" if await self._finishing.retry(claim) else "lost"
            except UNAVAILABLE:
                logger.warning("waiting for the database", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)
        raise AssertionError("delays() never ends")
