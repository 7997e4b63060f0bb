"""Rescuer: sends again what was lost. Every scanner has one; it is harmless when it is wrong."""

import logging
from collections.abc import Sequence

from services.scanner.jobs.account_erasure import AccountEraser
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.run_lifecycle import RunLifecycle
from services.scanner.jobs.task_reader import TaskReader
from services.scanner.runs.model import TERMINAL_STATES, WAITING
from services.scanner.runs.rescue import MAX_DUE_RUNS, RescueQueries, StuckUnit, TakenRun
from shared.errors import PublishError
from shared.mongo import UNAVAILABLE, Document
from shared.periodic import run_periodically

logger = logging.getLogger("mailtally.scanner.rescuer")

_TRANSIENT: tuple[type[Exception], ...] = (*UNAVAILABLE, PublishError)


class Rescuer:
    """Applies the rules in docs/scan-runs.md ("The rescuer") to the runs that are due.

    A request that was lost before there was a run is the business of the status service's watchdog.
    """

    def __init__(
        self,
        queries: RescueQueries,
        tasks: TaskReader,
        lifecycle: RunLifecycle,
        commands: Commands,
        account_eraser: AccountEraser,
    ) -> None:
        self._queries = queries
        self._tasks = tasks
        self._lifecycle = lifecycle
        self._commands = commands
        self._account_eraser = account_eraser

    async def run_forever(self, *, every_s: float) -> None:
        """Sweep for ever, at jittered intervals, so that the scanners' sweeps spread."""
        await run_periodically(self.sweep, name="rescue of stuck runs", every_s=every_s, logger=logger)

    async def sweep(self) -> None:
        """Rescue all runs that are due, then erase the deleted accounts that are due.

        What fails because the database or the broker is unavailable is due again within a lease.
        """
        try:
            while due := await self._queries.due_runs():
                taken = [await self._queries.take(run) for run in due]
                await self._rescue([run for run in taken if run is not None])
                if len(due) < MAX_DUE_RUNS:
                    break
            await self._account_eraser.erase_due()
        except _TRANSIENT as error:
            logger.warning("sweep aborted", extra={"event": "sweep_aborted", "reason": type(error).__name__})

    async def _rescue(self, taken: Sequence[TakenRun]) -> None:
        over = await self._tasks.cancelled_or_ended([due.run["_id"] for due in taken])
        for due in taken:
            if due.run["state"] in TERMINAL_STATES:
                await self._republish_end(due.run)
            elif due.run["_id"] in over:
                await self._lifecycle.cancel_open(due.run["_id"], "cancelled")
            else:
                await self._resend_commands(due.stuck_units)
        for user_id in {due.run["user_id"] for due in taken if due.run["state"] == WAITING}:
            await self._lifecycle.start_next(user_id)

    async def _resend_commands(self, units: Sequence[StuckUnit]) -> None:
        """Rescue units whose command is lost, or whose holder died."""
        for stuck in units:
            if await self._queries.claim_resend(stuck):
                logger.info(
                    "command sent again",
                    extra={"event": "command_resent", "task_id": stuck.task_id, "unit": stuck.unit.path},
                )
                await self._commands.send(Command(stuck.task_id, stuck.unit, rescue=True))

    async def _republish_end(self, run: Document) -> None:
        """Publish the end of a run again until its task shows it; then mark the run as announced."""
        if await self._tasks.ended(run["_id"]):
            await self._queries.mark_announced(run["_id"])
        else:
            await self._lifecycle.publish_end(run)
