"""Writer of results: originals, invoices, their events, and last the ledger entries."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.scanner.event_publisher import EventPublisher
from services.scanner.extract.model import MessageReport
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.documents import Documents, Original
from services.scanner.repository.invoices import Invoices, StoredReading, read_invoice
from services.scanner.repository.ledger import NO_HEADERS, Entry, Headers, Ledger, Outcome, Place
from services.scanner.repository.merging import Reading
from services.scanner.runs.model import Counters
from services.scanner.sources.base import FetchedMessage
from shared.ledger_reasons import ReasonCode


@dataclass(frozen=True)
class ExaminedMessage:
    """A message with its outcome so far.

    One that carries invoices becomes "duplicate" if none of them is new.
    """

    place: Place
    size: int
    fetched: int
    outcome: Outcome
    reason: str
    headers: Headers = NO_HEADERS
    report: MessageReport | None = None
    originals: dict[str, bytes] = field(default_factory=dict)
    identity: str | None = None

    @classmethod
    def of(
        cls,
        message: FetchedMessage,
        place: Place,
        outcome: Outcome,
        reason: str,
        headers: Headers = NO_HEADERS,
        report: MessageReport | None = None,
        originals: dict[str, bytes] | None = None,
    ) -> "ExaminedMessage":
        """Make one with what the source knows of the message."""
        size, fetched, identity = message.size, message.octets, message.identity
        return cls(place, size, fetched, outcome, reason, headers, report, originals or {}, identity)

    @property
    def readings(self) -> list[Reading]:
        """Return the readings of its invoices."""
        report = self.report
        return [] if report is None else [Reading(invoice, report, self.place) for invoice in report.invoices]

    @property
    def stored_originals(self) -> list[Original]:
        """Return the documents that its invoices came in."""
        described = () if self.report is None else self.report.documents
        return [Original(self.place.user_id, document, self.originals[document.sha256]) for document in described]


class ResultWriter:
    """Stores batches of messages.

    A message gets its ledger entry only after everything else of it is stored and published. So a
    message with an entry is finished, and one without is examined again, to the same result.
    """

    def __init__(
        self,
        documents: Documents,
        invoices: Invoices,
        ledger: Ledger,
        events: EventPublisher,
        metrics: ScannerMetrics,
    ) -> None:
        self._documents = documents
        self._invoices = invoices
        self._ledger = ledger
        self._events = events
        self._metrics = metrics

    async def store(self, source: str, batch: Sequence[ExaminedMessage]) -> Counters:
        """Store the messages and return the sum of their counters."""
        await self._documents.store([original for examined in batch for original in examined.stored_originals])
        stored = await self._store_invoices([reading for examined in batch for reading in examined.readings])
        created = [
            read_invoice(reading.document)
            for of_message in stored.values()
            for reading in of_message
            if reading.created
        ]
        await self._events.publish_invoices_found(created)
        entries = [_entry(examined, stored.get(examined.place.key, [])) for examined in batch]
        # Uploads have no cursors.
        await self._ledger.write(entries, for_ever=source == "upload")
        for outcome, messages in Counter(entry.outcome for entry in entries).items():
            self._metrics.count_messages(source, outcome, messages)
        for invoice in created:
            self._metrics.count_invoice(invoice.format)
        return sum((entry.counted for entry in entries), Counters())

    async def _store_invoices(self, readings: Sequence[Reading]) -> dict[str, list[StoredReading]]:
        """Store the invoices; return them by the key of their message."""
        stored: defaultdict[str, list[StoredReading]] = defaultdict(list)
        for reading, result in zip(readings, await self._invoices.store(readings), strict=True):
            stored[reading.place.key].append(result)
        return stored


def _entry(examined: ExaminedMessage, stored: Sequence[StoredReading]) -> Entry:
    created = sum(reading.created for reading in stored)
    outcome, reason = examined.outcome, examined.reason
    if stored and not created:
        outcome = "duplicate"
        reason = ReasonCode.READ_BEFORE if any(reading.read_before for reading in stored) else ReasonCode.DUPLICATE
    return Entry(
        place=examined.place,
        size=examined.size,
        fetched=examined.fetched,
        identity=examined.identity,
        outcome=outcome,
        reason=str(reason),
        headers=examined.headers,
        invoices=tuple(reading.id for reading in stored),
        found=created,
        duplicates=len(stored) - created,
    )
