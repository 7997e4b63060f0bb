"""What the scanner counts."""

import pytest
from prometheus_client import CollectorRegistry

from services.scanner.metrics import USER_SIZES, ScannerMetrics, user_scans


@pytest.mark.parametrize(
    ("number", "label"),
    [(0, "1"), (1, "1"), (2, "2-10"), (10, "2-10"), (11, "11-100"), (100, "11-100"), (101, ">100"), (5000, ">100")],
)
def test_the_size_of_a_user_is_one_of_four_labels(number: int, label: str) -> None:
    assert user_scans(number) == label


def test_starts_and_lost_parsers_are_counted_from_zero() -> None:
    registry = CollectorRegistry()
    ScannerMetrics(registry)
    sizes = [
        registry.get_sample_value("mailtally_scan_start_seconds_count", {"user_scans": size}) for size in USER_SIZES
    ]
    assert sizes == [0, 0, 0, 0]
    assert {user_scans(number) for number in range(200)} == set(USER_SIZES)
    assert registry.get_sample_value("mailtally_parser_killed_total", {"limit": "memory"}) == 0
