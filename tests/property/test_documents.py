"""Whatever bytes come in, the examination of a message ends with a report."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scanner.extract.model import MessageReport
from tests.support.documents import CII, UBL, mail, pdf, report_of

EDITS = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=12)), max_size=8)
XML_BITS = st.sampled_from([b"<", b">", b"&", b"&#0;", b"]]>", b"<!--", b"<![CDATA[", b"\x00", b"\xff\xfe", b"<?xml?>"])
PDF = pdf()
LETTER = mail(("a.xml", UBL.encode()), html="<p>Invoice no. 17</p><table><tr><td>Total</td><td>$5.00</td></tr></table>")


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The bytes with some cut out and others put in their place."""
    for start, length, new in edits:
        at = start % (len(data) + 1)
        data = data[:at] + new + data[at + length :]
    return data


def check(raw: bytes) -> MessageReport:
    """A report that says what came of the message, and reads back from its own JSON."""
    report = report_of(raw)
    assert (report.outcome == "invoice") == bool(report.invoices)
    assert MessageReport.model_validate_json(report.model_dump_json()) == report
    return report


@pytest.mark.parametrize("whole", [UBL.encode(), CII.encode()], ids=["ubl", "cii"])
@given(edits=EDITS, bits=st.lists(st.tuples(st.integers(0, 4000), XML_BITS), max_size=4))
@settings(max_examples=120, deadline=None)
def test_damaged_xml(whole: bytes, edits: list[tuple[int, int, bytes]], bits: list[tuple[int, bytes]]) -> None:
    damaged = edited(whole, [*edits, *((at, 0, bit) for at, bit in bits)])
    check(mail(("a.xml", damaged)))


@given(edits=EDITS)
@settings(max_examples=120, deadline=None)
def test_damaged_pages(edits: list[tuple[int, int, bytes]]) -> None:
    check(mail(("a.pdf", edited(PDF, edits))))


@given(edits=EDITS)
@settings(max_examples=150, deadline=None)
def test_damaged_mail(edits: list[tuple[int, int, bytes]]) -> None:
    check(edited(LETTER, edits))


@given(raw=st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_no_mail_at_all(raw: bytes) -> None:
    check(raw)


@given(
    cells=st.lists(
        st.lists(
            st.sampled_from(["Invoice no.", "Total", "VAT 20%", "1.234,56", "€ 5.00", "Rechnung", "17", "2026-01-02"])
            | st.text(max_size=30),
            max_size=4,
        ),
        max_size=25,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_text_in_any_place(cells: list[list[str]]) -> None:
    check(mail(text="\n".join("   ".join(line) for line in cells)))
