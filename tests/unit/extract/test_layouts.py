"""Layouts of widespread programs, field by field, and documents that only look like invoices."""

import pytest

from tests.support.documents import only_invoice, report_of
from tests.unit.extract.habits import HABITS, PAPERS
from tests.unit.extract.layouts import MAILS, OTHERS, PAGES, Known
from tests.unit.extract.programs import PROGRAMS
from tests.unit.extract.quirks import QUIRKS


@pytest.mark.parametrize("known", [*PAGES, *MAILS, *PROGRAMS, *HABITS, *QUIRKS], ids=lambda known: known.name)
def test_a_widespread_layout_is_read(known: Known) -> None:
    assert known.expected is not None
    invoice = only_invoice(known.raw)
    assert {name: str(getattr(invoice, name)) for name in known.expected} == known.expected


@pytest.mark.parametrize("known", [*OTHERS, *PAPERS], ids=lambda known: known.name)
def test_what_only_looks_like_an_invoice_is_none(known: Known) -> None:
    assert report_of(known.raw).invoices == ()
