"""From Tesseract's TSV to lines of cells: corrections, split numbers, deskewing and places."""

import re

import pytest

from services.scanner.extract.ocr.confusions import correct_confusions, is_split_number
from services.scanner.extract.ocr.deskew import Slope
from services.scanner.extract.ocr.page import parse_page
from services.scanner.extract.ocr.tsv import parse_lines
from tests.support.recogniser import Box, tsv

POINT = 72 / 300


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("1.O00,00", "1.000,00"),
        ("€l2.5O0,00", "€12.500,00"),
        ("1.234.56", "1.234,56"),
        ("2.978,666.00", "2,978,666.00"),
        ("O1.03.2026", "01.03.2026"),
        ("2026-l2-01", "2026-12-01"),
        ("lnvoice", "Invoice"),
        ("lalt", "I alt"),
        ("1/S", "I/S"),
    ],
)
def test_what_can_only_be_an_amount_a_date_or_a_known_word_is_put_right(seen: str, meant: str) -> None:
    assert correct_confusions(seen) == meant


@pytest.mark.parametrize("seen", ["SI-60658", "PO8457", "INV-O01", "1,234.56", "GB75", "LS1", "Solo", "", "B12", "O.5"])
def test_other_words_stay_as_they_were_seen(seen: str) -> None:
    assert correct_confusions(seen) == seen


def test_a_number_is_torn_only_at_its_decimal_sign() -> None:
    assert is_split_number("12", ",50")
    assert is_split_number("1.234,", "50")
    assert not is_split_number("12", "50")
    assert not is_split_number("Total:", "50")


def test_numbers_torn_by_a_small_gap_are_one_word_again() -> None:
    (line,) = parse_page(
        tsv([("Total", 100, 100, 90, 30), ("12", 400, 100, 40, 30), (",50", 444, 100, 50, 30)]), 1, POINT
    ).lines
    assert [cell.text for cell in line.cells] == ["Total", "12,50"]


def test_rulings_and_doubtful_words_are_no_text() -> None:
    answer = tsv([("|", 10, 10, 4, 300), ("|Total", 100, 100, 90, 30), ("5.00_", 300, 100, 60, 30)])
    assert [[seen.text for seen in line] for line in parse_lines(answer)] == [["Total", "5.00"]]
    assert parse_lines(tsv([("smudge", 0, 0, 50, 20)], confidence=4)) == []
    assert parse_lines("5\tnot\ta\tfull\trow\n5\t1\t1\t1\t1\t1\tx\ty\tz\tw\t90\tword\n") == []


def test_what_only_an_earlier_reading_saw_is_added() -> None:
    later = tsv([("Datum", 100, 100, 90, 30)])
    earlier = tsv([("Daturn", 100, 100, 90, 30), ("27-07-2025", 400, 100, 160, 30)])
    assert [[seen.text for seen in line] for line in parse_lines(later, earlier)] == [["Datum"], ["27-07-2025"]]


def skewed(fall: float) -> list[list[Box]]:
    """Return two columns on six rows of a skewed page, each cell as a line of its own."""
    lines: list[list[Box]] = []
    for row in range(6):
        label: list[Box] = []
        for text, left in (("Amount", 200), ("of", 360), ("item", 430), ("number", 500), (str(row), 640)):
            label.append((text, left, round(300 + 60 * row + fall * left), 120 if len(text) > 4 else 50, 32))
        lines += [label, [(f"{row}0.00", 2000, round(300 + 60 * row + fall * 2000), 110, 32)]]
    return lines


@pytest.mark.parametrize("fall", [0.0, 0.035, -0.035, 0.06])
def test_rows_of_a_page_that_is_skewed_are_rows_again_and_evidence_lies_on_the_image(fall: float) -> None:
    page = parse_page(tsv(*skewed(fall)), 1, POINT)
    assert [line.text for line in page.lines] == [f"Amount of item number {row}  {row}0.00" for row in range(6)]
    for row, line in enumerate(page.lines):
        x0, y0, x1, y1 = (float(number) for number in re.findall(r"[\d.]+", line.cells[1].locator)[1:])
        top = (300 + 60 * row + fall * 2000) * POINT
        assert x0 == pytest.approx(2000 * POINT, abs=1)
        assert x1 == pytest.approx(2110 * POINT, abs=1)
        assert y0 <= top + 1
        assert y1 >= top + 32 * POINT - 1
        assert y1 - y0 < 20


def test_a_cell_is_as_sure_as_its_worst_word() -> None:
    sure = tsv([("Total", 100, 100, 90, 30)])
    doubtful = (
        tsv([("5.00", 900, 100, 60, 30)], confidence=40).partition("\n")[2].replace("5\t1\t1\t1\t1", "5\t1\t1\t1\t2")
    )
    page = parse_page(sure + doubtful, 1, POINT)
    (line,) = page.lines
    assert [page.confidence[cell.locator] for cell in line.cells] == [0.93, 0.4]


def test_turning_back_undoes_turning() -> None:
    slope = Slope(0.03)
    assert slope.skewed(*slope.deskewed(400, 700)) == pytest.approx((400, 700))
