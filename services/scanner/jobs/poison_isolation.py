"""What is done about a unit whose holders die: its slice is split until the message that does it is alone, and that
message is left out."""

import logging

from services.scanner.error_codes import ErrorCode
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.run_lifecycle import Lifecycle
from services.scanner.repository.ledger import Entry, Handled, Ledger, Place
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Counters, Unit
from services.scanner.runs.splitting import Splitting
from services.scanner.slices import MOST_UNITS, Slice, split
from shared.error_codes import ERROR_TEXTS
from shared.ledger_reasons import ReasonCode
from shared.mongo import Document

logger = logging.getLogger("mailtally.scanner.isolating")

_PARTS = 8


class Isolation:
    """Takes the next step for a unit that is free to take but has no try left; harmless when it is wrong or late."""

    def __init__(
        self, leases: Leases, splitting: Splitting, lifecycle: Lifecycle, ledger: Ledger, commands: Commands
    ) -> None:
        self._leases = leases
        self._splitting = splitting
        self._lifecycle = lifecycle
        self._ledger = ledger
        self._commands = commands

    async def narrow_down(self, run: Document, unit: Unit) -> None:
        """`run` is the run with this unit, as read. A plan that kills its scanners ends the scan."""
        content = unit.of(run)
        if content is None or unit.slice_number is None:
            await self._fail(run["_id"], unit)
            return
        piece = Slice.from_document(content)
        handled = await self._ledger.handled(run["account_id"], run["_id"], piece)
        unread = [uid for uid in piece.numbers() if uid not in handled.uids]
        if len(unread) > 1:
            await self._split(run, unit, piece, handled)
        elif unread or not content.get("cleared"):
            await self._leave_out(run, unit, piece, unread)
        else:
            await self._fail(run["_id"], unit)

    async def _split(self, run: Document, unit: Unit, piece: Slice, handled: Handled) -> None:
        slices = await self._splitting.slices(run["_id"])
        parts = split(piece, handled.uids, parts=min(_PARTS, MOST_UNITS - slices + 1))
        if len(parts) < 2:
            await self._fail(run["_id"], unit)
            return
        done = [(part, await self._done_of(run, part)) for part in parts]
        if await self._splitting.split(run["_id"], unit, _token(run, unit), done, at=slices):
            logger.warning("slice split", extra={"task_id": run["_id"], "unit": unit.path, "parts": len(parts)})
            await self._commands.send(Command(run["_id"], unit))

    async def _done_of(self, run: Document, part: Slice) -> Counters:
        return (await self._ledger.handled(run["account_id"], run["_id"], part)).counters

    async def _leave_out(self, run: Document, unit: Unit, piece: Slice, unread: list[int]) -> None:
        """The line comes first: the slice's next holder finds nothing to read any more, and counts it."""
        for uid in unread:
            logger.error("message left out", extra={"task_id": run["_id"], "unit": unit.path, "uid": uid})
            place = Place(run["user_id"], run["account_id"], run["_id"], piece.folder, piece.uidvalidity, uid)
            await self._ledger.write_missing(Entry(place, 0, "failed", ReasonCode.STOPPED_SCANNER))
        if await self._splitting.clear(run["_id"], unit, _token(run, unit)):
            await self._commands.send(Command(run["_id"], unit))

    async def _fail(self, task_id: str, unit: Unit) -> None:
        code = ErrorCode.SLICE_CRASHED
        run = await self._leases.exhaust(task_id, unit, error_code=code, error=ERROR_TEXTS[code].sentence)
        if run is not None:
            await self._lifecycle.publish_end(run)


def _token(run: Document, unit: Unit) -> int:
    return int((unit.of(run) or {})["token"])
