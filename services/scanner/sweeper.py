"""The sweeper: in every scanner, without a leader, it nudges what nobody holds, and is harmless when wrong."""

import asyncio
import logging
import random

from services.scanner.commands import Command, Commands
from services.scanner.lifecycle import Lifecycle
from services.scanner.runs.sweeps import Sweeps
from services.scanner.tasks import Tasks
from shared.errors import PublishError
from shared.mongo import UNAVAILABLE

logger = logging.getLogger("mailtally.scanner.sweeper")

_PASSING: tuple[type[Exception], ...] = (*UNAVAILABLE, PublishError)


class Sweeper:
    """The four rules of docs/scan-runs.md. The fifth, a request that got lost, is the status service's watchdog's."""

    def __init__(self, sweeps: Sweeps, tasks: Tasks, lifecycle: Lifecycle, commands: Commands) -> None:
        self._sweeps = sweeps
        self._tasks = tasks
        self._lifecycle = lifecycle
        self._commands = commands

    async def run(self, *, every_s: float) -> None:
        """Sweep for ever, at jittered intervals, so that the scanners' sweeps spread."""
        while True:
            await asyncio.sleep(random.uniform(every_s / 2, every_s * 3 / 2))  # noqa: S311 (spreads load, guards nothing)
            await self.sweep()

    async def sweep(self) -> None:
        """Every rule once; one that fails because something is away does not stop the others."""
        rules = (
            self.nudge_units,
            self.start_waiting,
            self.tell_ends_again,
            self.end_contradicted,
        )
        for rule in rules:
            try:
                await rule()
            except _PASSING as error:
                logger.warning("a sweep was cut short", extra={"rule": rule.__name__, "reason": type(error).__name__})

    async def nudge_units(self) -> None:
        """Rule 1: units whose command is lost, or whose holder died."""
        for neglected in await self._sweeps.neglected_units():
            if await self._sweeps.nudge(neglected):
                logger.info("unit nudged", extra={"task_id": neglected.task_id, "unit": neglected.unit.path})
                await self._commands.send(Command(neglected.task_id, neglected.unit, rescue=True))

    async def start_waiting(self) -> None:
        """Rule 2: runs that wait although there is a free slot, after a crash between an end and the next start."""
        for user_id in await self._sweeps.users_with_a_free_slot():
            await self._lifecycle.start_next(user_id)

    async def tell_ends_again(self) -> None:
        """Rule 3: ends that the task does not show; once it does, nothing is left to be done."""
        for run in await self._sweeps.unsettled():
            if await self._tasks.ended(run["_id"]):
                await self._sweeps.settle(run["_id"])
            elif await self._sweeps.resend(run):
                await self._lifecycle.publish_end(run)

    async def end_contradicted(self) -> None:
        """Rule 4: open runs whose cancel got lost, or whose task has ended without them."""
        for task_id in await self._sweeps.contradicted():
            await self._lifecycle.end_as_cancelled(task_id, "cancelled")
