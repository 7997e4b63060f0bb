"""What examining messages found, put away: originals, invoices, their announcement, and last the ledger's lines."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.scanner.event_publisher import Announcements
from services.scanner.extract.model import MessageReport
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.documents import Documents, Original
from services.scanner.repository.invoices import Invoices, Stored, read_invoice
from services.scanner.repository.ledger import NO_HEADERS, Entry, Headers, Ledger, Outcome, Place
from services.scanner.repository.merging import Reading
from services.scanner.runs.model import Counters
from services.scanner.sources.base import FetchedMessage
from shared.ledger_reasons import ReasonCode


@dataclass(frozen=True)
class Examined:
    """A message with its outcome so far; one that carries invoices becomes "duplicate" if none of them is new."""

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
    ) -> "Examined":
        """With what the source says of the message."""
        size, fetched, identity = message.size, message.octets, message.identity
        return cls(place, size, fetched, outcome, reason, headers, report, originals or {}, identity)

    @property
    def readings(self) -> list[Reading]:
        """Its invoices."""
        report = self.report
        return [] if report is None else [Reading(invoice, report, self.place) for invoice in report.invoices]

    @property
    def stored_originals(self) -> list[Original]:
        """What its invoices came in."""
        described = () if self.report is None else self.report.documents
        return [Original(self.place.user_id, document, self.originals[document.sha256]) for document in described]


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
        await self._documents.store([original for examined in batch for original in examined.stored_originals])
        stored = await self._store_invoices([reading for examined in batch for reading in examined.readings])
        created = [read_invoice(one.document) for ones in stored.values() for one in ones if one.created]
        await self._announcements.found(created)
        entries = [_entry(examined, stored.get(examined.place.key, [])) for examined in batch]
        # Uploads have no cursors.
        await self._ledger.write(entries, for_ever=source == "upload")
        for outcome, messages in Counter(entry.outcome for entry in entries).items():
            self._metrics.messages(source, outcome, messages)
        for invoice in created:
            self._metrics.invoice_found(invoice.format)
        return sum((entry.counted for entry in entries), Counters())

    async def _store_invoices(self, readings: Sequence[Reading]) -> dict[str, list[Stored]]:
        """By message."""
        stored: defaultdict[str, list[Stored]] = defaultdict(list)
        for reading, one in zip(readings, await self._invoices.store(readings), strict=True):
            stored[reading.place.key].append(one)
        return stored


def _entry(examined: Examined, stored: Sequence[Stored]) -> Entry:
    found = sum(one.created for one in stored)
    outcome, reason = examined.outcome, examined.reason
    if stored and not found:
        outcome = "duplicate"
        reason = ReasonCode.READ_BEFORE if any(one.read_before for one in stored) else ReasonCode.DUPLICATE
    return Entry(
        place=examined.place,
        size=examined.size,
        fetched=examined.fetched,
        identity=examined.identity,
        outcome=outcome,
        reason=str(reason),
        headers=examined.headers,
        invoices=tuple(one.id for one in stored),
        found=found,
        duplicates=len(stored) - found,
    )
