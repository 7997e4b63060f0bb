"""Isolation of poison messages: bisects the slice whose holders die, and skips the message."""

import logging

from services.scanner.error_codes import ErrorCode
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.run_lifecycle import RunLifecycle
from services.scanner.repository.ledger import Entry, HandledMessages, Ledger, Place
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Counters, Unit
from services.scanner.runs.splitting import SliceSplitter
from services.scanner.slices import MAX_UNITS, Slice, split
from shared.error_codes import ERROR_TEXTS
from shared.ledger_reasons import ReasonCode
from shared.mongo import Document

logger = logging.getLogger("mailtally.scanner.poison_isolation")

_PARTS = 8


class PoisonIsolator:
    """Takes the next step for a unit that may be claimed but has no tries left.

    See docs/scan-runs.md ("Steps for a poison message"). Harmless when it is late, or when another
    scanner does the same.
    """

    def __init__(
        self, leases: Leases, splitting: SliceSplitter, lifecycle: RunLifecycle, ledger: Ledger, commands: Commands
    ) -> None:
        self._leases = leases
        self._splitting = splitting
        self._lifecycle = lifecycle
        self._ledger = ledger
        self._commands = commands

    async def bisect(self, run: Document, unit: Unit) -> None:
        """Split the slice, skip its last unread message, or fail the run.

        `run` is the run with this unit as `Leases.read` returns it. A plan that kills its scanners
        cannot be split and fails the run.
        """
        content = unit.of(run)
        if content is None or unit.slice_number is None:
            await self._fail(run["_id"], unit)
            return
        whole = Slice.from_document(content)
        handled = await self._ledger.handled(run["account_id"], run["_id"], whole)
        unread = [uid for uid in whole.numbers() if uid not in handled.uids]
        if len(unread) > 1:
            await self._split(run, unit, whole, handled)
        elif unread or not content.get("cleared"):
            await self._write_off(run, unit, whole, unread)
        else:
            await self._fail(run["_id"], unit)

    async def _split(self, run: Document, unit: Unit, whole: Slice, handled: HandledMessages) -> None:
        slices = await self._splitting.count_slices(run["_id"])
        parts = split(whole, handled.uids, parts=min(_PARTS, MAX_UNITS - slices + 1))
        if len(parts) < 2:
            await self._fail(run["_id"], unit)
            return
        done = [(part, await self._counters_of(run, part)) for part in parts]
        if await self._splitting.split(run["_id"], unit, _token(run, unit), done, at=slices):
            logger.warning(
                "slice split",
                extra={"event": "slice_split", "task_id": run["_id"], "unit": unit.path, "parts": len(parts)},
            )
            await self._commands.send(Command(run["_id"], unit))

    async def _counters_of(self, run: Document, part: Slice) -> Counters:
        return (await self._ledger.handled(run["account_id"], run["_id"], part)).counters

    async def _write_off(self, run: Document, unit: Unit, whole: Slice, unread: list[int]) -> None:
        """Write the ledger entries of the unread messages, then let the slice be claimed once more.

        In this order, so that the slice's next holder finds nothing left to read, and counts the
        entries.
        """
        for uid in unread:
            logger.error(
                "poison message skipped",
                extra={"event": "poison_message_skipped", "task_id": run["_id"], "unit": unit.path, "uid": uid},
            )
            place = Place(run["user_id"], run["account_id"], run["_id"], whole.folder, whole.uidvalidity, uid)
            await self._ledger.write_missing(Entry(place, 0, "failed", ReasonCode.STOPPED_SCANNER))
        if await self._splitting.clear(run["_id"], unit, _token(run, unit)):
            await self._commands.send(Command(run["_id"], unit))

    async def _fail(self, task_id: str, unit: Unit) -> None:
        code = ErrorCode.SLICE_CRASHED
        run = await self._leases.fail_exhausted(task_id, unit, error_code=code, error=ERROR_TEXTS[code].sentence)
        if run is not None:
            await self._lifecycle.publish_end(run)


def _token(run: Document, unit: Unit) -> int:
    return int((unit.of(run) or {})["token"])
