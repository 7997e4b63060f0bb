"""The row `command`: look at a unit of a run, and do what is to be done about it, which often is nothing."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from services.scanner.error_codes import PermanentFailure
from services.scanner.jobs.commands import Command
from services.scanner.jobs.completer import Finishing
from services.scanner.jobs.concurrency import Room
from services.scanner.jobs.lease_keeper import Holder, Outcome
from services.scanner.jobs.plan_job import PlanWork
from services.scanner.jobs.poison_isolation import Isolation
from services.scanner.jobs.run_lifecycle import Lifecycle
from services.scanner.jobs.slice_job import SliceWork
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.ledger import Ledger
from services.scanner.results.examiner import Examiner
from services.scanner.results.writer import Findings
from services.scanner.runs.fair_scheduler import Turns
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import TERMINAL_STATES, Claim, Policy, Unit
from services.scanner.sources.base import Busy, Throttled
from services.scanner.sources.factory import Accounts
from shared.backoff import delays
from shared.mongo import UNAVAILABLE, Document
from shared.observability.telemetry import work_span
from shared.observability.tracing import trace_context

logger = logging.getLogger("mailtally.scanner.units")


class Units:
    """Performs units of work, at most `at_once` at the same time whatever the broker delivers.

    Of each slice at most `groups_at_once` groups of messages are with the parsers or wait for one.
    """

    def __init__(
        self,
        leases: Leases,
        turns: Turns,
        holder: Holder,
        finishing: Finishing,
        isolation: Isolation,
        lifecycle: Lifecycle,
        accounts: Accounts,
        examiner: Examiner,
        ledger: Ledger,
        findings: Findings,
        metrics: ScannerMetrics,
        policy: Policy,
        *,
        slice_messages: int,
        at_once: int,
        groups_at_once: int,
    ) -> None:
        self._leases = leases
        self._turns = turns
        self._holder = holder
        self._finishing = finishing
        self._isolation = isolation
        self._lifecycle = lifecycle
        self._accounts = accounts
        self._examiner = examiner
        self._ledger = ledger
        self._findings = findings
        self._metrics = metrics
        self._policy = policy
        self._slice_messages = slice_messages
        self._groups_at_once = groups_at_once
        self._room = Room(at_once)

    async def perform(self, command: Command, *, marked: bool) -> None:
        """Do one unit of work: the one whose turn it is, which need not be the one that the command names.

        There is a command for each unit that can be claimed, so a unit that was passed over is done at the command of
        the one that was preferred. `marked`: redelivered or a rescue, so whoever was at it may have died.
        """
        async with self._room.one():
            # First, because whoever has claimed a unit must hold it, and not wait for the broker meanwhile.
            run = await self._leases.look(command.task_id, command.unit)
            is_suspected = run is not None and _is_suspected(run, command.unit)
            if run is not None and not is_suspected:
                await self._answer(run, command.unit, marked=marked)
            claim = await self._turns.claim()
            if claim is not None:
                await self._work(claim)
        if run is not None and is_suspected:
            await self._work_alone(run, command.unit, marked=marked)

    async def _work_alone(self, run: Document, unit: Unit, *, marked: bool) -> None:
        """A suspected unit, with nothing else under way that could die with it."""
        async with self._room.alone():
            claim = await self._leases.claim(run["_id"], unit, alone=True)
            if claim is not None:
                await self._work(claim)
                return
        await self._answer(run, unit, marked=marked)

    async def _answer(self, run: Document, unit: Unit, *, marked: bool) -> None:
        """The rows without a claim; for a unit that may be claimed and has tries left there is none."""
        if run["state"] in TERMINAL_STATES:
            if not run["settled"]:
                await self._lifecycle.publish_end(run)
            return
        content = unit.of(run)
        if content is None:
            return
        if content["state"] != "done":
            if run["is_free"] and content["tries"] >= self._policy.max_tries:
                await self._isolation.narrow_down(run, unit)
        elif marked and not content["flushed"]:
            await self._finishing.tell_done(run, unit, again=True)

    async def _work(self, claim: Claim) -> None:
        traceparent, kind = claim.run.get("traceparent"), "plan" if claim.unit.slice_number is None else "slice"
        with trace_context(traceparent, claim.task_id), work_span(kind, traceparent):
            await self._hold_and_let_go(claim)

    async def _hold_and_let_go(self, claim: Claim) -> None:
        """In the way that fits; what is left to do after a lost lease is little."""
        extra = {"unit": claim.unit.path}
        try:
            outcome = await self._hold(claim)
        except PermanentFailure as failure:
            logger.warning("the scan cannot go on", extra={**extra, "reason": failure.code})
            outcome = "failed" if await self._finishing.fail(claim, failure) else "lost"
        except UNAVAILABLE as error:
            logger.warning("a unit of work was put off", extra={**extra, "reason": type(error).__name__})
            outcome = await _when_possible(self._finishing.put_off, claim, "handed_back")
        except Busy:
            logger.info("the account has as many connections as it may have", extra=extra)
            outcome = await _when_possible(self._finishing.put_off, claim, "handed_back")
        except Throttled as throttled:
            logger.warning("the mailbox asks for patience", extra={**extra, "seconds": throttled.seconds})
            later = partial(self._finishing.retry_after_fault, at_least_s=throttled.seconds)
            outcome = await _when_possible(later, claim, "retried")
        except OSError as error:
            logger.warning("the mailbox was not reached", extra={**extra, "reason": type(error).__name__})
            outcome = await _when_possible(self._finishing.retry_after_fault, claim, "retried")
        except Exception:  # a bug, perhaps of one message: tried again a few times, then that one is left out
            logger.exception("a unit of work failed", extra=extra)
            outcome = await _when_possible(self._finishing.retry, claim, "retried")
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
                claim, self._accounts, self._examiner, self._ledger, self._findings, at_once=self._groups_at_once
            )
            held = await self._holder.hold(claim, piece)
            seconds = time.monotonic() - began
            done = held is Outcome.FINISHED and await self._finishing.slice(claim, piece, seconds=seconds)
        if held is Outcome.STOPPED:
            return "handed_back" if await self._finishing.hand_back(claim) else "lost"
        return "done" if done else "lost"


def _is_suspected(run: Document, unit: Unit) -> bool:
    """Whether only a scanner that does nothing else may take the unit."""
    content = unit.of(run)
    open_still = run["state"] not in TERMINAL_STATES and content is not None and content["state"] != "done"
    return open_still and bool((content or {}).get("suspect"))


async def _when_possible(give_back: Callable[[Claim], Awaitable[bool]], claim: Claim, outcome: str) -> str:
    """Give the unit back as soon as the database is there."""
    for delay in delays():
        try:
            return outcome if await give_back(claim) else "lost"
        except UNAVAILABLE as error:
            logger.warning("waiting for the database", extra={"reason": type(error).__name__})
            await asyncio.sleep(delay)
    raise AssertionError("delays() never ends")
