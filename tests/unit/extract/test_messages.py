"""Messages as mail programs, forwarders and attackers make them."""

import io
import zipfile
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from services.scanner.extract.limits import Limits
from services.scanner.extract.pipeline import examine
from shared.ledger_reasons import ReasonCode
from tests.support.documents import CII, LIMITS, UBL, mail, only_invoice, pdf, pdf_with, report_of, zipped


def test_the_report_tells_whose_message_it_was() -> None:
    report = report_of(mail(subject="Räder für März", sender="Jörg Maß <j@example.com>"))
    assert (report.message_id, report.subject) == ("<one@harbour.example>", "Räder für März")
    assert report.sender == "Jörg Maß <j@example.com>"
    assert report.date == datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_originals_are_handed_over_for_each_carrier() -> None:
    data = UBL.encode()
    report, originals = examine(mail(("a.xml", data)), LIMITS)
    carrier = report.invoices[0].carriers[0]
    assert originals == {carrier.sha256: data}
    assert (carrier.part, carrier.filename, carrier.content_type) == ("2", "a.xml", "application/xml")
    assert [(one.sha256, one.size) for one in report.documents] == [(carrier.sha256, len(data))]


def test_stray_characters_in_base64_are_passed_over() -> None:
    raw = mail(("a.pdf", pdf_with("factur-x.xml", CII.encode())))
    at = raw.index(b"JVBER") + 76
    assert only_invoice(raw[:at] + b"!*" + raw[at:]).invoice_number == "F-2026-9"


def test_nothing_is_handed_over_of_a_message_without_invoice() -> None:
    report, originals = examine(mail(("a.pdf", pdf([("Hello",)]))), LIMITS)
    assert (report.documents, originals) == ((), {})


def test_an_invoice_in_a_forwarded_message_keeps_its_path() -> None:
    outer = EmailMessage()
    outer["From"] = "friend@example.com"
    outer.set_content("fwd")
    outer.add_attachment(message_from_bytes(mail(("a.xml", UBL.encode())), policy=default))
    assert only_invoice(outer.as_bytes()).carriers[0].part == "2.2"


def test_xml_and_its_pdf_rendition_are_one_invoice_with_two_carriers() -> None:
    page = [("Kleine Leuchten GmbH",), ("Rechnung",), ("Rechnung Nr. KL-7",), ("Gesamtbetrag", "119,00 EUR")]
    invoice = only_invoice(mail(("a.pdf", pdf(page)), ("a.xml", UBL.encode())))
    assert invoice.format == "ubl"
    assert {carrier.part for carrier in invoice.carriers} == {"2", "3"}


def test_two_invoices_in_one_message_stay_two() -> None:
    report = report_of(mail(("a.xml", UBL.encode()), ("b.xml", CII.encode())))
    assert {invoice.invoice_number for invoice in report.invoices} == {"KL-7", "F-2026-9"}


def test_archives_are_opened_archives_in_archives_too() -> None:
    inner = zipped(("folder/a.xml", UBL.encode()))
    invoice = only_invoice(mail(("x.zip", zipped(("inner.bin", inner), ("picture.png", b"\x89PNG")))))
    assert invoice.carriers[0].part == "2/inner.bin/a.xml"
    assert invoice.carriers[0].filename == "a.xml"


def test_an_office_document_is_not_taken_for_an_archive_of_invoices() -> None:
    office = zipped(("[Content_Types].xml", b"<Types/>"), ("a.xml", UBL.encode()))
    assert report_of(mail(("x.docx", office))).outcome == "none"


def _encrypted_zip() -> bytes:
    data = bytearray(zipped(("a.xml", UBL.encode())))
    data[6] |= 1
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("archive", "limits", "reason"),
    [
        (_encrypted_zip(), LIMITS, ReasonCode.ARCHIVE_ENCRYPTED),
        (zipped(("a.xml", UBL.encode()))[:-30], LIMITS, ReasonCode.ARCHIVE_BROKEN),
        (zipped(("a.xml", b"<" + b" " * 5_000_000)), LIMITS, ReasonCode.ARCHIVE_TOO_LARGE),
        (zipped(("a.xml", b"<a/>" * 100_000)), Limits(zip_bytes=1000), ReasonCode.ARCHIVE_TOO_LARGE),
        (zipped(*((f"{n}.xml", b"<a/>") for n in range(9))), Limits(zip_entries=8), ReasonCode.ARCHIVE_TOO_LARGE),
        (zipped(*((f"{n}.xml", b"<a/>") for n in range(9))), Limits(parts=4), ReasonCode.TOO_MANY_PARTS),
    ],
    ids=["encrypted", "cut off", "ratio", "bytes", "entries", "parts"],
)
def test_a_hostile_archive_costs_one_reason_code(archive: bytes, limits: Limits, reason: ReasonCode) -> None:
    report = report_of(mail(("x.zip", archive)), limits)
    assert (report.outcome, report.reason) == ("failed", reason)


def test_a_refused_archive_does_not_hide_the_invoice_beside_it() -> None:
    report = report_of(mail(("x.zip", _encrypted_zip()), ("a.xml", UBL.encode())))
    assert (report.outcome, report.reason) == ("invoice", ReasonCode.FOUND_UBL)


def test_archives_nested_without_end_are_too_deep() -> None:
    archive = zipped(("a.xml", UBL.encode()))
    for _ in range(LIMITS.nesting + 1):
        archive = zipped(("a.zip", archive))
    assert report_of(mail(("x.zip", archive))).reason == ReasonCode.TOO_DEEP


@pytest.mark.parametrize("levels", [20, 2000], ids=["over the limit", "over the interpreter's stack"])
def test_multiparts_nested_without_end_are_too_deep(levels: int) -> None:
    lines = ["From: a@example.com"]
    for level in range(levels):
        lines += [f'Content-Type: multipart/mixed; boundary="b{level}"', "", f"--b{level}"]
    report = report_of("\r\n".join([*lines, "Content-Type: text/plain", "", "hello"]).encode())
    assert (report.outcome, report.reason) == ("failed", ReasonCode.TOO_DEEP)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 500,
        b"From: =?utf-8?b?!!!?= <a@b>\r\nDate: yesterday\r\nSubject: =?x-nope?q?=FF?=\r\n\r\nhello",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/plain; charset=no-such-charset\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"Content-Type: text/html; charset*=x''%\r\nContent-Disposition: attachment; filename*0*=nope''%F\r\n\r\n<p>",
        b"From: " + b"(" * 5000 + b"\r\n\r\nhello",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\nFrom: \xff\xfe\r\n\r\n\xff",
    ],
)
def test_broken_mail_is_reported_and_never_raises(raw: bytes) -> None:
    report = report_of(raw)
    assert (report.outcome, report.reason) == ("none", ReasonCode.NO_DOCUMENT)


def test_a_member_name_cannot_leave_its_folder() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("../../etc/a.xml", UBL)
    assert only_invoice(mail(("x.zip", target.getvalue()))).carriers[0].filename == "a.xml"


def test_what_was_seen_is_counted_for_the_metrics() -> None:
    seen = report_of(mail(("a.xml", UBL.encode()), ("b.pdf", b"%PDF-oops"), ("c.xml", b"<other/>"))).examined_documents
    assert [(one.format, one.outcome) for one in seen] == [("ubl", "invoice"), ("pdf", "failed"), ("xml", "none")]
    assert all(one.seconds > 0 for one in seen)
