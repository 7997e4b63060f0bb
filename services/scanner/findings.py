"""What examining messages found, put away: originals, invoices, their announcement, and last the ledger's lines."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.scanner.announcements import Announcements
from services.scanner.extract.model import MessageReport, StoredDocument
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.documents import Documents
from services.scanner.repository.invoices import Invoices, Stored
from services.scanner.repository.ledger import NO_HEADERS, Entry, Headers, Ledger, Outcome, Place, counted
from services.scanner.repository.merging import Reading, invoice_id
from services.scanner.runs.model import Counters
from shared.reasons import ReasonCode


@dataclass(frozen=True)
class Examined:
    """A message with its outcome so far; one that carries invoices becomes "duplicate" if none of them is new."""

    place: Place
    size: int
    outcome: Outcome
    reason: str
    headers: Headers = NO_HEADERS
    report: MessageReport | None = None
    originals: dict[str, bytes] = field(default_factory=dict)

    @property
    def readings(self) -> list[Reading]:
        """Its invoices."""
        report = self.report
        return [] if report is None else [Reading(invoice, report, self.place) for invoice in report.invoices]


class Findings:
    """Stores batches of messages. A message is in the ledger only after everything else of it is stored and told, so
    whoever finds it there need not look further, and whoever does not does it all again, to the same result."""

    def __init__(
        self,
        documents: Documents,
        invoices: Invoices,
        ledger: Ledger,
        announcements: Announcements,
        metrics: ScannerMetrics,
    ) -> None:
        self._documents = documents
        self._invoices = invoices
        self._ledger = ledger
        self._announcements = announcements
        self._metrics = metrics

    async def store(self, source: str, batch: Sequence[Examined]) -> Counters:
        """Put the messages away and return what they add up to."""
        await asyncio.gather(*(self._store_originals(examined) for examined in batch))
        stored = await self._store_invoices([reading for examined in batch for reading in examined.readings])
        await self._announcements.found(one.invoice for ones in stored.values() for one in ones if one.created)
        entries = [_entry(examined, stored.get(examined.place.key, [])) for examined in batch]
        await self._ledger.write(entries)
        self._measure(source, entries, stored)
        return sum((counted(entry.outcome, entry.size, entry.found, entry.duplicates) for entry in entries), Counters())

    async def _store_originals(self, examined: Examined) -> None:
        described: dict[str, StoredDocument] = {}
        if examined.report is not None:
            described = {document.sha256: document for document in examined.report.documents}
        for sha256, content in examined.originals.items():
            await self._documents.store(examined.place.user_id, described[sha256], content)

    async def _store_invoices(self, readings: Sequence[Reading]) -> dict[str, list[Stored]]:
        """By message. Readings of one invoice go in turn: of two messages the first is the one that found it."""
        chains: defaultdict[str, list[Reading]] = defaultdict(list)
        for reading in readings:
            chains[invoice_id(reading.place.user_id, reading.invoice)].append(reading)
        stored: defaultdict[str, list[Stored]] = defaultdict(list)

        async def store_in_turn(chain: list[Reading]) -> None:
            for reading in chain:
                stored[reading.place.key].append(await self._invoices.store(reading))

        await asyncio.gather(*(store_in_turn(chain) for chain in chains.values()))
        return stored

    def _measure(self, source: str, entries: Sequence[Entry], stored: dict[str, list[Stored]]) -> None:
        for entry in entries:
            self._metrics.message(source, entry.outcome, entry.size)
        for ones in stored.values():
            for one in ones:
                if one.created:
                    self._metrics.invoice_found(one.invoice.format)


def _entry(examined: Examined, stored: Sequence[Stored]) -> Entry:
    found = sum(one.created for one in stored)
    outcome, reason = examined.outcome, examined.reason
    if stored and not found:
        outcome = "duplicate"
        reason = ReasonCode.READ_BEFORE if any(one.read_before for one in stored) else ReasonCode.DUPLICATE
    return Entry(
        place=examined.place,
        size=examined.size,
        outcome=outcome,
        reason=str(reason),
        headers=examined.headers,
        invoices=tuple(one.invoice.id for one in stored),
        found=found,
        duplicates=len(stored) - found,
    )
