"""What the scanner counts."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.scanner.extract.model import MessageReport
from services.scanner.extract.sandbox.pool import ParserLimit
from shared.observability.metrics import LATENCY_BUCKETS

START_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
MANY_SCANS = 100
"""More than so many open scans of a user are not told apart."""
USER_SIZES = ("1", "2-10", "11-100", ">100")
"""The sizes of users that are told apart, as labels."""


def user_scans(number: int) -> str:
    """Of `USER_SIZES`, that of a user who has so many scans open."""
    if number <= 1:
        return "1"
    if number <= 10:
        return "2-10"
    return "11-100" if number <= MANY_SCANS else ">100"


class ScannerMetrics:
    """The scanner's own metrics."""

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
        for limit in get_args(ParserLimit):
            # A series that begins at zero: a first loss is then visible to increase().
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

    def scan_started(self, open_scans: int, seconds: float) -> None:
        """A scan began so long after it was asked for; its user had so many scans open, this one included."""
        self._starts.labels(user_scans(open_scans)).observe(max(0.0, seconds))

    def messages(self, source: str, outcome: str, number: int) -> None:
        """So many messages have this outcome."""
        self._messages.labels(source, outcome).inc(number)

    def fetched(self, source: str, octets: int) -> None:
        """So many bytes were read from mailboxes."""
        self._fetched.labels(source).inc(octets)

    def unit(self, outcome: str) -> None:
        """A unit of work left this scanner's hands: done, retried, handed_back, lost or failed."""
        self._slices.labels(outcome).inc()

    def examined(self, report: MessageReport) -> None:
        """The parsers read a message."""
        for document in report.examined_documents:
            self._documents.labels(document.format, document.outcome).inc()
            self._extraction.labels(document.format).observe(document.seconds)

    def parser_killed(self, limit: str) -> None:
        """A parser child was lost."""
        self._killed.labels(limit).inc()

    def invoice_found(self, kind: str) -> None:
        """A record was created from a document of this format."""
        self._found.labels(kind).inc()
