"""Lifecycle of a run as a whole: it is requested, waits, starts, is cancelled, and its end is
published.

Each loop takes the step that fits the state it reads, as in docs/scan-runs.md ("Steps of the run").
Each step is one conditional write in `runs`, so any other scanner may interfere at any point.
"""

from services.scanner.event_publisher import EventPublisher
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.task_reader import TaskReader
from services.scanner.repository.invoices import Invoices
from services.scanner.runs.model import CANCELLED_BEFORE_REQUEST, OPEN_STATES, PLAN, PLANNING, TERMINAL_STATES, WAITING
from services.scanner.runs.start import AccountBusyError, RunAdmission
from shared.events import ScanCancelRequested, ScanRequested
from shared.mongo import Document


class RunLifecycle:
    """Use cases of a run. Each returns when the broker has confirmed all that it had to publish."""

    def __init__(
        self,
        admission: RunAdmission,
        tasks: TaskReader,
        invoices: Invoices,
        events: EventPublisher,
        commands: Commands,
    ) -> None:
        self._admission = admission
        self._tasks = tasks
        self._invoices = invoices
        self._events = events
        self._commands = commands

    async def request(self, request: ScanRequested, *, redelivered: bool) -> None:
        """Admit the requested run, or handle the request of a run that exists.

        See docs/scan-runs.md ("Repeated requests").
        """
        inserted = False
        while True:
            run = await self._admission.find(request.task_id)
            if run is not None and run["state"] != CANCELLED_BEFORE_REQUEST:
                await self._handle_repeated_request(run, inserted=inserted, redelivered=redelivered)
                return
            if run is not None:
                await self._admission.end_cancelled_before_request(request)
            elif await self._tasks.ended(request.task_id):
                return
            else:
                inserted = await self._admit(request)

    async def start_next(self, user_id: str) -> None:
        """Start the user's oldest waiting runs while there are free slots."""
        while (task_id := await self._admission.oldest_waiting(user_id)) is not None:
            started, slot_was_free = await self._admission.start_in_slot(task_id)
            if started is not None:
                await self._commands.send(Command(task_id, PLAN))
            elif not slot_was_free:
                return

    async def cancel(self, request: ScanCancelRequested) -> None:
        """End the run as cancelled; without a run, record the cancel for the request that comes
        later."""
        while True:
            run = await self._admission.find(request.task_id)
            if run is None:
                if await self._admission.insert_cancel_request(request.task_id, request.reason):
                    return
            elif run["state"] == CANCELLED_BEFORE_REQUEST:
                return
            elif run["state"] in TERMINAL_STATES:
                await self._publish_end_if_unannounced(run)
                return
            elif await self.cancel_open(request.task_id, request.reason):
                return

    async def cancel_open(self, task_id: str, reason: str) -> bool:
        """End an open run as cancelled and publish that; return False if the run is not open."""
        totals = await self._invoices.totals_of(task_id)
        ended = await self._admission.cancel(task_id, reason, totals)
        if ended is not None:
            await self.publish_end(ended)
        return ended is not None

    async def publish_end(self, run: Document) -> None:
        """Publish the terminal event, then start the user's next run in the slot that is free now."""
        await self._events.publish_ended(run)
        await self.start_next(run["user_id"])

    async def _admit(self, request: ScanRequested) -> bool:
        """Return whether this call inserted the run as waiting; otherwise the caller reads again."""
        try:
            return await self._admission.insert_waiting(request)
        except AccountBusyError:
            open_run = await self._admission.open_run_of_account(request.account_id)
            if open_run is not None and open_run != request.task_id:
                await self._admission.insert_refused(request, f"already running: {open_run}")
            return False

    async def _handle_repeated_request(self, run: Document, *, inserted: bool, redelivered: bool) -> None:
        """Repeat what the first handling of the request may not have published."""
        task_id, state = run["_id"], run["state"]
        if state == WAITING:
            await self.start_next(run["user_id"])
            await self._publish_queued(task_id, (WAITING,) if inserted else (WAITING, PLANNING))
        elif state == PLANNING:
            await self._publish_queued(task_id, (PLANNING,))
            if redelivered and run["plan"]["token"] == 0:
                await self._commands.send(Command(task_id, PLAN))
        elif state not in OPEN_STATES:
            await self._publish_end_if_unannounced(run)

    async def _publish_queued(self, task_id: str, states: tuple[str, ...]) -> None:
        numbered = await self._admission.next_sequence(task_id, states)
        if numbered is not None:
            await self._events.publish_queued(numbered)

    async def _publish_end_if_unannounced(self, run: Document) -> None:
        if not run["settled"]:
            await self.publish_end(run)
