"""Examiner of fetched messages: skips old ones, has parser processes read the others."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from services.scanner.extract.sandbox.pool import ParserKilledError, ParserPool, ParserResult
from services.scanner.metrics import ScannerMetrics
from services.scanner.read_dates import headers_of
from services.scanner.repository.ledger import Headers, Outcome, Place
from services.scanner.results.writer import ExaminedMessage
from services.scanner.sources.base import FetchedMessage
from shared.ledger_reasons import ReasonCode


@dataclass(frozen=True)
class Examiner:
    """Gives every message an outcome; no content of a message stops it."""

    pool: ParserPool
    metrics: ScannerMetrics

    async def examine(
        self, messages: Sequence[tuple[FetchedMessage, Place]], *, not_before: dt.datetime | None
    ) -> list[ExaminedMessage]:
        """Return the outcomes in the same order.

        A message sent before `not_before` is skipped; one without a readable date is examined.
        """
        examined = [_outcome_unread(message, place, not_before) for message, place in messages]
        unread = [at for at, outcome in enumerate(examined) if outcome is None]
        answers = await self.pool.examine([messages[at][0].raw or b"" for at in unread])
        read = dict(zip(unread, answers, strict=True))
        return [
            outcome if outcome is not None else self._read(*messages[at], read[at])
            for at, outcome in enumerate(examined)
        ]

    def _read(self, message: FetchedMessage, place: Place, answer: ParserResult | ParserKilledError) -> ExaminedMessage:
        if isinstance(answer, ParserKilledError):
            self.metrics.count_parser_killed(answer.limit)
            return ExaminedMessage.of(message, place, "failed", ReasonCode(f"stopped_{answer.limit}"))
        report, originals = answer
        self.metrics.observe_examination(report)
        headers = Headers(report.message_id, report.subject, report.sender, report.date)
        return ExaminedMessage.of(message, place, report.outcome, report.reason, headers, report, originals)


_SKIPPED = frozenset({ReasonCode.READ_ELSEWHERE, ReasonCode.NOT_THERE})
"""Reasons for not reading a message that are no failures."""


def _outcome_unread(message: FetchedMessage, place: Place, not_before: dt.datetime | None) -> ExaminedMessage | None:
    """Return the outcome of a message that needs no parser; None if it needs one."""
    if message.raw is None:
        reason = message.refused or ReasonCode.MESSAGE_TOO_LARGE
        outcome: Outcome = "skipped" if reason in _SKIPPED else "failed"
        return ExaminedMessage.of(message, place, outcome, reason, headers_of(message.header))
    if not_before is not None:
        headers = headers_of(message.raw)
        if headers.date is not None and headers.date < not_before:
            return ExaminedMessage.of(message, place, "skipped", ReasonCode.OLDER_THAN_REQUESTED, headers)
    return None
