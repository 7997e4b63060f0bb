"""Every message gets an outcome, whatever happens to the parser that reads it."""

import datetime as dt
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from services.scanner.extract.limits import Limits
from services.scanner.extract.sandbox.pool import ParserKilledError, ParserLimit, ParserPool, ParserResult
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.ledger import Place
from services.scanner.results.examiner import Examiner
from services.scanner.sources.base import FetchedMessage
from shared.ledger_reasons import ReasonCode

PLACE = Place("user", "account", "task", "", 7, 1)
MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


class DeadlyPool(ParserPool):
    """Every message kills its child."""

    def __init__(self, limit: ParserLimit) -> None:
        super().__init__(workers=0, limits=Limits())
        self.limit: ParserLimit = limit

    async def examine(self, raws: Sequence[bytes]) -> list[ParserResult | ParserKilledError]:
        return [ParserKilledError(self.limit) for _ in raws]


@pytest.mark.parametrize("limit", ["time", "memory", "cpu", "output", "crash"])
async def test_a_killed_parser_costs_the_message_and_is_counted(limit: ParserLimit) -> None:
    registry = CollectorRegistry()
    examiner = Examiner(DeadlyPool(limit), ScannerMetrics(registry))
    (examined,) = await examiner.examine([(FetchedMessage(1, 10, b"Subject: x\n\n"), PLACE)], not_before=None)
    assert (examined.outcome, examined.reason) == ("failed", f"stopped_{limit}")
    assert registry.get_sample_value("mailtally_parser_killed_total", {"limit": limit}) == 1


async def test_a_message_that_its_source_refused_is_not_given_to_a_parser() -> None:
    examiner = Examiner(DeadlyPool("crash"), ScannerMetrics(CollectorRegistry()))
    (examined,) = await examiner.examine(
        [(FetchedMessage(1, 10, None, ReasonCode.MESSAGE_TOO_LARGE), PLACE)], not_before=None
    )
    assert (examined.outcome, examined.reason) == ("failed", "message_too_large")


@pytest.mark.parametrize(
    ("date", "outcome"),
    [
        (b"Sat, 28 Feb 2026 23:59:59 +0000", "skipped"),
        (b"Sun, 01 Mar 2026 00:00:00 +0000", "failed"),
        (b"Sun, 01 Mar 2026 00:30:00 +0100", "skipped"),
        (b"long ago", "failed"),
    ],
)
async def test_only_a_message_that_is_surely_too_old_is_skipped(date: bytes, outcome: str) -> None:
    examiner = Examiner(DeadlyPool("crash"), ScannerMetrics(CollectorRegistry()))
    raw = b"Subject: hello\nDate: " + date + b"\n\nbody\n"
    (examined,) = await examiner.examine([(FetchedMessage(1, len(raw), raw), PLACE)], not_before=MARCH)
    assert examined.outcome == outcome
    if outcome == "skipped":
        assert examined.headers.subject == "hello"
