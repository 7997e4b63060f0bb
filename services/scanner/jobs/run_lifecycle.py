"""What happens to a whole run: it is requested, waits, starts, is cancelled, and its end is told.

The loops take the row of the protocol that fits what they find; each row is one conditional write in `runs`, so they
may meet any other scanner at any point.
"""

from services.scanner.event_publisher import Announcements
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.task_reader import Tasks
from services.scanner.repository.invoices import Invoices
from services.scanner.runs.model import ANNOUNCED, OPEN_STATES, PLAN, PLANNING, TERMINAL_STATES, WAITING
from services.scanner.runs.start import AccountBusy, Admission
from shared.events import ScanCancelRequested, ScanRequested
from shared.mongo import Document


class Lifecycle:
    """Use cases of a run as a whole. Each returns when all that it had to publish is stored by the broker."""

    def __init__(
        self,
        admission: Admission,
        tasks: Tasks,
        invoices: Invoices,
        announcements: Announcements,
        commands: Commands,
    ) -> None:
        self._admission = admission
        self._tasks = tasks
        self._invoices = invoices
        self._announcements = announcements
        self._commands = commands

    async def request(self, request: ScanRequested, *, redelivered: bool) -> None:
        """Row `requested`: let the run in, or answer for the run that is there already."""
        inserted = False
        while True:
            run = await self._admission.find(request.task_id)
            if run is not None and run["state"] != ANNOUNCED:
                await self._answer(run, inserted=inserted, redelivered=redelivered)
                return
            if run is not None:
                await self._admission.end_announced(request)
            elif await self._tasks.ended(request.task_id):
                return
            else:
                inserted = await self._let_in(request)

    async def start_next(self, user_id: str) -> None:
        """Start the user's oldest waiting runs while there are free slots."""
        while (task_id := await self._admission.oldest_waiting(user_id)) is not None:
            started, slot_was_free = await self._admission.start_in_slot(task_id)
            if started is not None:
                await self._commands.send(Command(task_id, PLAN))
            elif not slot_was_free:
                return

    async def cancel(self, request: ScanCancelRequested) -> None:
        """Row `cancel_requested`: afterwards the run is over, or its request will find that it is."""
        while True:
            run = await self._admission.find(request.task_id)
            if run is None:
                if await self._admission.announce_cancel(request.task_id, request.reason):
                    return
            elif run["state"] == ANNOUNCED:
                return
            elif run["state"] in TERMINAL_STATES:
                await self._tell_if_unsettled(run)
                return
            elif await self.end_as_cancelled(request.task_id, request.reason):
                return

    async def end_as_cancelled(self, task_id: str, reason: str) -> bool:
        """The cancel write and what follows; False if the run is not open."""
        totals = await self._invoices.totals_of(task_id)
        ended = await self._admission.cancel(task_id, reason, totals)
        if ended is not None:
            await self.publish_end(ended)
        return ended is not None

    async def publish_end(self, run: Document) -> None:
        """Tell that the run has ended, and let the user's next one start: its slot is free."""
        await self._announcements.ended(run)
        await self.start_next(run["user_id"])

    async def _let_in(self, request: ScanRequested) -> bool:
        """Whether this call inserted the run as waiting; otherwise the caller looks again."""
        try:
            return await self._admission.insert_waiting(request)
        except AccountBusy:
            holder = await self._admission.holder_of(request.account_id)
            if holder is not None and holder != request.task_id:
                await self._admission.insert_refused(request, f"already running: {holder}")
            return False

    async def _answer(self, run: Document, *, inserted: bool, redelivered: bool) -> None:
        task_id, state = run["_id"], run["state"]
        if state == WAITING:
            await self.start_next(run["user_id"])
            await self._tell_queued(task_id, (WAITING,) if inserted else (WAITING, PLANNING))
        elif state == PLANNING:
            await self._tell_queued(task_id, (PLANNING,))
            if redelivered and run["plan"]["token"] == 0:
                await self._commands.send(Command(task_id, PLAN))
        elif state not in OPEN_STATES:
            await self._tell_if_unsettled(run)

    async def _tell_queued(self, task_id: str, states: tuple[str, ...]) -> None:
        numbered = await self._admission.next_sequence(task_id, states)
        if numbered is not None:
            await self._announcements.queued(numbered)

    async def _tell_if_unsettled(self, run: Document) -> None:
        if not run["settled"]:
            await self.publish_end(run)
