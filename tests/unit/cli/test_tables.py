"""Tables fitted to a width."""

from rich.cells import cell_len

from cli.ui.table_layout import Column, render
from cli.ui.tables import invoices_table, totals_line
from tests.unit.cli.builders import invoice

_INVOICES = [
    invoice(),
    invoice(
        vendor="Stadtwerke Musterau",
        invoice_number="7721-4410-11a",
        issue_date="2026-11-09",
        total="318.77",
        confidence=0.85,
    )
    | {"near_duplicate_of": "invoice-9"},
]


def _lines(width: int) -> list[str]:
    return [line.plain for line in invoices_table(_INVOICES, width)]


def test_dates_and_amounts_are_aligned_right_and_nothing_trails() -> None:
    assert _lines(200) == [
        "       Date  Vendor               Number         Total         Confidence",
        "12 Nov 2026  Kestrel Cloud Ltd    KC-2026-11841  EUR 1,284.50  sure",
        " 9 Nov 2026  Stadtwerke Musterau  7721-4410-11a  EUR   318.77  likely      near-duplicate",
    ]


def test_the_vendor_shrinks_before_a_column_goes() -> None:
    header, _, row = _lines(84)
    assert "Confidence" in header
    assert row == " 9 Nov 2026  Stadtwerke Mu…  7721-4410-11a  EUR   318.77  likely      near-duplicate"


def test_over_the_width_confidence_goes_first_and_the_number_last_and_the_amount_never() -> None:
    headers = [_lines(width)[0] for width in (200, 75, 60, 45)]
    assert ["Confidence" in header for header in headers] == [True, False, False, False]
    assert ["Number" in header for header in headers] == [True, True, True, False]
    assert all("1,284.50" in _lines(width)[1] for width in (200, 75, 60, 45, 10))


def test_wide_characters_keep_the_columns_straight() -> None:
    lines = render([Column("Vendor", shrinks=True), Column("Total")], [("株式会社カイト電力", "1"), ("Abc", "2")], 20)
    starts = {cell_len(line.plain[: line.plain.rindex(end)]) for line, end in zip(lines[1:], "12", strict=True)}
    assert len(starts) == 1


def test_totals_are_summed_by_currency_and_never_across() -> None:
    found = [*_INVOICES, invoice(currency="USD", total="10.00"), invoice(total=None), invoice(currency=None)]
    assert totals_line(found) == "EUR 1,603.27 in 2 · USD 10.00 in 1"


def test_a_credit_note_is_subtracted() -> None:
    assert totals_line([invoice(total="100.00"), invoice(total="30.00", kind="credit_note")]) == "EUR 70.00 in 2"
