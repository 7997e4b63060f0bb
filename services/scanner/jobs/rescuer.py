"""The sweeper: in every scanner, without a leader, it nudges what nobody holds, and is harmless when wrong."""

import logging
from collections.abc import Sequence

from services.scanner.jobs.account_erasure import Deleting
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.run_lifecycle import Lifecycle
from services.scanner.jobs.task_reader import Tasks
from services.scanner.runs.model import TERMINAL_STATES, WAITING
from services.scanner.runs.rescue import AT_ONCE, Looked, Neglected, Sweeps
from shared.errors import PublishError
from shared.mongo import UNAVAILABLE, Document
from shared.periodic import run_periodically

logger = logging.getLogger("mailtally.scanner.sweeper")

_PASSING: tuple[type[Exception], ...] = (*UNAVAILABLE, PublishError)


class Sweeper:
    """The rules of docs/scan-runs.md for runs that are due; one that got lost before it was a run is the business of
    the status service's watchdog."""

    def __init__(
        self, sweeps: Sweeps, tasks: Tasks, lifecycle: Lifecycle, commands: Commands, deleting: Deleting
    ) -> None:
        self._sweeps = sweeps
        self._tasks = tasks
        self._lifecycle = lifecycle
        self._commands = commands
        self._deleting = deleting

    async def run(self, *, every_s: float) -> None:
        """Sweep for ever, at jittered intervals, so that the scanners' sweeps spread."""
        await run_periodically(self.sweep, name="rescue of stuck runs", every_s=every_s, logger=logger)

    async def sweep(self) -> None:
        """Look at all runs that are due, then at deleted accounts; what fails because something is away is due again
        within a lease."""
        try:
            while due := await self._sweeps.due():
                looked = [await self._sweeps.look(run) for run in due]
                await self._act([one for one in looked if one is not None])
                if len(due) < AT_ONCE:
                    break
            await self._deleting.sweep()
        except _PASSING as error:
            logger.warning("a sweep was cut short", extra={"reason": type(error).__name__})

    async def _act(self, looked: Sequence[Looked]) -> None:
        over = await self._tasks.over_among([one.run["_id"] for one in looked])
        for one in looked:
            if one.run["state"] in TERMINAL_STATES:
                await self._tell_again(one.run)
            elif one.run["_id"] in over:
                await self._lifecycle.end_as_cancelled(one.run["_id"], "cancelled")
            else:
                await self._nudge(one.neglected)
        for user_id in {one.run["user_id"] for one in looked if one.run["state"] == WAITING}:
            await self._lifecycle.start_next(user_id)

    async def _nudge(self, units: Sequence[Neglected]) -> None:
        """Rule 1: units whose command is lost, or whose holder died."""
        for neglected in units:
            if await self._sweeps.nudge(neglected):
                logger.info("unit nudged", extra={"task_id": neglected.task_id, "unit": neglected.unit.path})
                await self._commands.send(Command(neglected.task_id, neglected.unit, rescue=True))

    async def _tell_again(self, run: Document) -> None:
        """Rule 3: an end that the task does not show; once it does, nothing is left to be done."""
        if await self._tasks.ended(run["_id"]):
            await self._sweeps.settle(run["_id"])
        else:
            await self._lifecycle.publish_end(run)
