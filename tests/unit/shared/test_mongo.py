"""Errors of bulk writes: a key that exists already is told from every other failure."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from shared.mongo import DUPLICATE_KEY, duplicate_key_indexes


def failure(*codes: int, concern: bool = False) -> BulkWriteError:
    errors: list[dict[str, Any]] = [{"index": 2 * number, "code": code} for number, code in enumerate(codes)]
    return BulkWriteError({"writeErrors": errors, "writeConcernErrors": [{"code": 64}] if concern else []})


def test_the_positions_of_writes_with_an_existing_key_are_returned() -> None:
    assert duplicate_key_indexes(failure(DUPLICATE_KEY, DUPLICATE_KEY)) == [0, 2]


@pytest.mark.parametrize("error", [failure(DUPLICATE_KEY, 121), failure(DUPLICATE_KEY, concern=True)])
def test_any_other_failure_is_raised(error: BulkWriteError) -> None:
    with pytest.raises(BulkWriteError) as raised:
        duplicate_key_indexes(error)
    assert raised.value is error
