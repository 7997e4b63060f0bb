"""truth.jsonl: exact amounts, valid account numbers, and copies that point at their originals."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from samples.identifiers import passes_mod97
from tests.unit.samples.conftest import USERS, Samples

KINDS = {"pdf": 19, "factur-x": 6, "ubl": 6, "cii": 4, "json-ld": 3, "html": 3, "text": 4}


def test_net_and_tax_make_the_total_in_every_row(samples: Samples) -> None:
    for row in samples.invoices():
        net, tax, total = (Decimal(row["expected"][field]) for field in ("net", "tax", "total"))
        assert net + tax == total
        assert total > 0
        assert [amount.as_tuple().exponent for amount in (net, tax, total)] == [-2, -2, -2]


def test_every_account_number_passes_its_check(samples: Samples) -> None:
    accounts = [row["expected"]["iban"] for row in samples.invoices() if "iban" in row["expected"]]
    assert len(accounts) > 60
    assert all(passes_mod97(account) for account in accounts)


def test_dates_are_in_order(samples: Samples) -> None:
    for row in samples.invoices():
        if "due_date" in row["expected"]:
            assert date.fromisoformat(row["expected"]["issue_date"]) < date.fromisoformat(row["expected"]["due_date"])


def test_message_ids_are_unique(samples: Samples) -> None:
    ids = [row["message_id"] for row in samples.truth()]
    assert len(set(ids)) == len(ids)


def test_no_two_invoices_share_vendor_and_number_unless_one_is_a_copy(samples: Samples) -> None:
    originals = [row["expected"] for row in samples.invoices() if row["duplicate_of"] is None]
    keys = Counter((expected["vendor"], expected["invoice_number"]) for expected in originals)
    assert keys.most_common(1)[0][1] == 1


def test_a_copy_comes_after_its_original_and_says_the_same(samples: Samples) -> None:
    seen: dict[tuple[str, str], Any] = {}
    copies = 0
    for row in samples.invoices():
        if row["duplicate_of"] is not None:
            assert seen[row["mailbox"], row["duplicate_of"]] == row["expected"]
            copies += 1
        seen[row["mailbox"], row["message_id"]] = row["expected"]
    assert copies == 6 * len(USERS)


def test_messages_without_an_invoice_expect_nothing(samples: Samples) -> None:
    for row in samples.truth():
        if row["label"] == "none":
            assert (row["kind"], row["expected"], row["duplicate_of"]) == (None, None, None)


@pytest.mark.parametrize("user", USERS)
def test_every_user_has_every_kind_of_invoice(samples: Samples, user: str) -> None:
    assert Counter(row["kind"] for row in samples.invoices() if row["mailbox"] == user) == KINDS


@pytest.mark.parametrize(
    ("user", "currencies"),
    [("ada", {"GBP", "EUR", "USD"}), ("bruno", {"EUR", "CHF", "USD"}), ("chiara", {"EUR", "CHF", "USD"})],
)
def test_every_user_is_charged_in_several_currencies(samples: Samples, user: str, currencies: set[str]) -> None:
    assert {row["expected"]["currency"] for row in samples.invoices() if row["mailbox"] == user} == currencies
