"""Metrics of the scanner, and the measurement of how long scans wait for their start."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.scanner.extract.model import MessageReport
from services.scanner.extract.sandbox.pool import Limit
from services.scanner.runs.start import RunAdmission
from shared.mongo import Document
from shared.observability.metrics import LATENCY_BUCKETS

START_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
MAX_COUNTED_SCANS = 100
"""Beyond this number of open scans of a user, numbers are not distinguished."""
USER_SIZES = ("1", "2-10", "11-100", ">100")
"""Label values: sizes of users, by their number of open scans."""


def user_scans(number: int) -> str:
    """Return the value of `USER_SIZES` for a user with `number` open scans."""
    if number <= 1:
        return "1"
    if number <= 10:
        return "2-10"
    return "11-100" if number <= MAX_COUNTED_SCANS else ">100"


class ScannerMetrics:
    """Counters and histograms of one scanner process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "mailtally_messages_scanned", "Messages by their outcome", ["source", "outcome"], registry=registry
        )
        self._fetched = Counter(
            "mailtally_mailbox_fetched_bytes", "Bytes read from mailboxes", ["source"], registry=registry
        )
        self._slices = Counter(
            "mailtally_slices", "Units of work (plans and slices) by how they ended", ["outcome"], registry=registry
        )
        self._documents = Counter(
            "mailtally_documents",
            "Documents in messages by what reading them gave",
            ["format", "outcome"],
            registry=registry,
        )
        self._extraction = Histogram(
            "mailtally_extraction_duration_seconds",
            "Time to read one document",
            ["format"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._killed = Counter(
            "mailtally_parser_killed", "Parser children that exceeded a limit", ["limit"], registry=registry
        )
        for limit in get_args(Limit):
            # The series begins at zero, so that increase() sees the first loss.
            self._killed.labels(limit)
        self._starts = Histogram(
            "mailtally_scan_start_seconds",
            "Time from a scan's request to its start, by how many scans its user has open",
            ["user_scans"],
            buckets=START_BUCKETS,
            registry=registry,
        )
        for size in USER_SIZES:
            self._starts.labels(size)
        self._found = Counter("mailtally_invoices_found", "Invoices found first", ["format"], registry=registry)

    def observe_scan_start(self, open_scans: int, seconds: float) -> None:
        """Record that a scan started `seconds` after its request; its user had `open_scans`, this
        one included."""
        self._starts.labels(user_scans(open_scans)).observe(max(0.0, seconds))

    def count_messages(self, source: str, outcome: str, number: int) -> None:
        """Count `number` messages of a source with this outcome."""
        self._messages.labels(source, outcome).inc(number)

    def count_fetched_bytes(self, source: str, octets: int) -> None:
        """Count bytes that were read from mailboxes."""
        self._fetched.labels(source).inc(octets)

    def count_unit(self, outcome: str) -> None:
        """Count a unit whose lease this scanner ended: done, retried, handed_back, lost or failed."""
        self._slices.labels(outcome).inc()

    def observe_examination(self, report: MessageReport) -> None:
        """Count the documents that the parsers read in a message, and their times."""
        for document in report.documents_seen:
            self._documents.labels(document.format, document.outcome).inc()
            self._extraction.labels(document.format).observe(document.seconds)

    def count_parser_killed(self, limit: str) -> None:
        """Count a parser process that was killed at this limit."""
        self._killed.labels(limit).inc()

    def count_invoice(self, document_format: str) -> None:
        """Count an invoice record that was created from a document of this format."""
        self._found.labels(document_format).inc()


class StartLatency:
    """Measures once for each scan, when its plan is stored, how long it waited for its start."""

    def __init__(self, admission: RunAdmission, metrics: ScannerMetrics) -> None:
        self._admission = admission
        self._metrics = metrics

    async def observe(self, run: Document) -> None:
        """Record the time from the request, by the api's clock, to the start, by the database's."""
        waited = run["started"]["at"] - run["request"]["requested_at"]
        open_runs = await self._admission.count_open_runs(run["user_id"], at_most=MAX_COUNTED_SCANS + 1)
        self._metrics.observe_scan_start(open_runs, waited.total_seconds())
