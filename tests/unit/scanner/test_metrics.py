"""What the scanner counts."""

import pytest

from services.scanner.metrics import user_scans


@pytest.mark.parametrize(
    ("number", "label"),
    [(0, "1"), (1, "1"), (2, "2-10"), (10, "2-10"), (11, "11-100"), (100, "11-100"), (101, ">100"), (5000, ">100")],
)
def test_the_size_of_a_user_is_one_of_four_labels(number: int, label: str) -> None:
    assert user_scans(number) == label
