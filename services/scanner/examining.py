"""One fetched message: skipped because of its age, refused by its source, or read by a parser child."""

import datetime as dt
from dataclasses import dataclass

from services.scanner.age import headers_of
from services.scanner.extract.sandbox import ParserKilled, ParserPool
from services.scanner.findings import Examined
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.ledger import Headers, Place
from services.scanner.sources.base import Fetched
from shared.reasons import ReasonCode


@dataclass(frozen=True)
class Examiner:
    """Gives every message an outcome; whatever is in it, that is no reason to stop."""

    pool: ParserPool
    metrics: ScannerMetrics

    async def examine(self, message: Fetched, place: Place, *, not_before: dt.datetime | None) -> Examined:
        """The outcome of a message; one sent before `not_before` is skipped, one without a readable date is not."""
        if message.raw is None:
            return Examined(place, message.size, "failed", message.refused or ReasonCode.MESSAGE_TOO_LARGE)
        if not_before is not None:
            headers = headers_of(message.raw)
            if headers.date is not None and headers.date < not_before:
                return Examined(place, message.size, "skipped", ReasonCode.OLDER_THAN_REQUESTED, headers)
        try:
            report, originals = await self.pool.examine(message.raw)
        except ParserKilled as killed:
            self.metrics.parser_killed(killed.limit)
            return Examined(place, message.size, "failed", ReasonCode(f"stopped_{killed.limit}"))
        self.metrics.examined(report)
        headers = Headers(report.message_id, report.subject, report.sender, report.date)
        return Examined(place, message.size, report.outcome, report.reason, headers, report, originals)
