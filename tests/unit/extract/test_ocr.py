"""When images are read by OCR, within which limits, and with which confidence."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from samples.scanned import picture, scanned
from services.scanner.extract.limits import MIB, Limits
from services.scanner.extract.model import MessageReport
from services.scanner.extract.ocr.engine import OcrEngine
from services.scanner.extract.reasons import NOT_INVOICES
from shared.ledger_reasons import ReasonCode
from tests.support import recogniser
from tests.support.documents import PAGE, mail, pdf, report_of
from tests.support.waiting import SECONDS

ON = Limits().with_ocr()
ROOT = Path(__file__).parents[3]
INVOICE = [(line[0], line[1] if len(line) > 1 else "") for line in PAGE]
SCAN = scanned(pdf(), seed="a")
Install = Callable[..., None]


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a fake Tesseract with a fixed answer on PATH."""

    def install(answer: str, **options: object) -> None:
        recogniser.fake(tmp_path / "bin", answer, **options)  # type: ignore[arg-type]
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    return install


def outcome_of(report: MessageReport) -> tuple[str, ReasonCode]:
    return report.outcome, report.reason


def with_picture(data: bytes, subject: str = "Invoice", text: str = "Attached.") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = subject, "a@example.org"
    message.set_content(text)
    message.add_attachment(data, maintype="image", subtype="jpeg", filename="IMG_1.jpg")
    return message.as_bytes()


def test_while_ocr_is_off_a_scan_has_no_text_and_ocr_is_not_loaded() -> None:
    assert outcome_of(report_of(mail(("a.pdf", SCAN)))) == ("failed", ReasonCode.PDF_WITHOUT_TEXT)
    assert outcome_of(report_of(with_picture(picture(pdf(), "JPEG", seed="a")))) == (
        "none",
        ReasonCode.NO_DOCUMENT,
    )
    code = (
        "import sys\n"
        "from services.scanner.extract.limits import Limits\n"
        "from services.scanner.extract.pipeline import examine\n"
        "examine(sys.stdin.buffer.read(), Limits())\n"
        "print(*sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=mail(("a.pdf", SCAN)), capture_output=True, check=True
    )
    assert b"services.scanner.extract.page.pdf" in ran.stdout
    assert b"services.scanner.extract.ocr" not in ran.stdout


def test_a_scanned_pdf_is_read_like_one_with_text(answers: Install) -> None:
    answers(recogniser.page(*INVOICE))
    report = report_of(mail(("a.pdf", SCAN)), ON)
    assert outcome_of(report) == ("invoice", ReasonCode.FOUND_PICTURE)
    (invoice,) = report.invoices
    assert (invoice.invoice_number, str(invoice.total), invoice.vendor) == ("HT-2210", "300.00", "Harbour Tools Ltd")
    assert (invoice.format, invoice.needs_check, invoice.confidence) == ("pdf", False, 0.85)
    total = invoice.evidence["total"]
    assert (total.source, total.text) == ("ocr", "£300.00")
    x0, y0, x1, y1 = (float(number) for number in total.locator.split(" box ")[1].split(","))
    assert x0 == pytest.approx(300, abs=1)
    assert x1 == pytest.approx(300 + 5.4 * 7, abs=1)
    assert y0 < 60 + 22 * 10 < 60 + 22 * 10 + 8 < y1


def test_what_does_not_add_up_asks_for_a_person(answers: Install) -> None:
    answers(recogniser.page(*[row for row in INVOICE if row[0] != "Subtotal"]))
    (invoice,) = report_of(mail(("a.pdf", SCAN)), ON).invoices
    assert invoice.needs_check
    assert invoice.confidence <= 0.75


def test_a_document_with_text_is_never_given_to_tesseract(answers: Install, tmp_path: Path) -> None:
    answers(recogniser.page(*INVOICE), then=f"touch {tmp_path}/was-run")
    written = [("A letter about the weather, which is fine today, and about hats, of which we have many.",)]
    assert outcome_of(report_of(mail(("a.pdf", pdf(written))), ON)) == ("none", ReasonCode.INCOMPLETE)
    assert not (tmp_path / "was-run").exists()


def test_an_image_is_read_when_nothing_else_in_the_message_is_an_invoice(answers: Install) -> None:
    answers(recogniser.page(*INVOICE))
    photograph = picture(pdf(), "JPEG", seed="a")
    report = report_of(with_picture(photograph), ON)
    assert outcome_of(report) == ("invoice", ReasonCode.FOUND_PICTURE)
    assert (report.invoices[0].format, report.documents[0].content_type) == ("image", "image/jpeg")
    body = "Invoice number: BB-1234\nInvoice date: 2026-03-01\nTotal due: $5.00\nBlue Bird Inc."
    (from_body,) = report_of(with_picture(photograph, text=body), ON).invoices
    assert from_body.invoice_number == "BB-1234"


def test_the_second_reading_is_with_the_model_of_the_documents_language(answers: Install) -> None:
    german = (
        ("Rechnung", "Kleine Leuchten GmbH"),
        ("Rechnungsnummer:", "R-20417"),
        ("Rechnungsdatum:", "01.03.2026"),
        ("Nettobetrag", "100,00 EUR"),
        ("Umsatzsteuer 19%", "19,00 EUR"),
        ("Gesamtbetrag", "119,00 EUR"),
    )
    # The program answers with what it was asked for as the number.
    answers(
        recogniser.page(*german),
        languages=("eng", "deu"),
        then='case "$*" in *"-l deu"*) sed s/R-20417/R-99999/ "${0%/*}"/answer; exit;; esac',
    )
    (invoice,) = report_of(mail(("a.pdf", SCAN)), ON).invoices
    assert invoice.invoice_number == "R-99999"


def test_only_the_first_pages_are_read(answers: Install, tmp_path: Path) -> None:
    # It may write nothing, but an empty file has nothing in it.
    answers(recogniser.tsv(), then=f"mktemp {tmp_path}/run.XXXXXX >/dev/null")
    many = mail(("a.pdf", scanned(pdf(*[PAGE] * 5), seed="a")))
    assert outcome_of(report_of(many, replace(ON, ocr_pages=2))) == ("failed", ReasonCode.PICTURE_WITHOUT_TEXT)
    assert len(list(tmp_path.glob("run.*"))) == 2


def test_a_tesseract_that_is_too_slow_is_stopped_and_costs_its_document_only(answers: Install) -> None:
    answers(recogniser.page(*INVOICE), then="exec sleep 600")
    slow = replace(ON, ocr_document_seconds=0.5)
    report = report_of(mail(("a.pdf", SCAN)), slow)
    assert outcome_of(report) == ("failed", ReasonCode.RECOGNITION_TIME)
    both = report_of(mail(("a.pdf", SCAN), ("b.pdf", pdf())), slow)
    assert outcome_of(both) == ("invoice", ReasonCode.FOUND_PDF)


def test_a_message_has_one_share_of_time_for_all_its_images(answers: Install, tmp_path: Path) -> None:
    answers(recogniser.page(*INVOICE), then=f"mktemp {tmp_path}/run.XXXXXX >/dev/null; exec sleep 600")
    report = report_of(mail(*[(f"{n}.pdf", SCAN) for n in range(9)]), replace(ON, ocr_seconds=0.5))
    assert outcome_of(report) == ("failed", ReasonCode.RECOGNITION_TIME)
    assert len(list(tmp_path.glob("run.*"))) <= 1  # the first has taken it all


@pytest.mark.parametrize("then", ["exit 1", "kill -SEGV $$"])
def test_a_tesseract_that_fails_is_a_reason(answers: Install, then: str) -> None:
    answers("", then=then)
    assert outcome_of(report_of(mail(("a.pdf", SCAN)), ON)) == ("failed", ReasonCode.RECOGNITION_FAILED)


def test_a_tesseract_that_is_gone_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert outcome_of(report_of(mail(("a.pdf", SCAN)), ON)) == ("failed", ReasonCode.RECOGNITION_FAILED)


def test_tesseract_runs_below_limits_of_its_own(answers: Install) -> None:
    answers("", then="ulimit -v; ulimit -n; ulimit -t; ulimit -f")
    limits = replace(ON, ocr_memory_bytes=300 * MIB, ocr_document_seconds=7)
    memory, files, cpu, written = map(int, OcrEngine(limits).recognise(b"", "eng", seconds=SECONDS, dpi=300).split())
    assert (memory, files, written) == (300 * 1024, 16, 0)
    assert 7 < cpu < 15


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that claims to be large, with hardly any data."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body + b"\0" * 20_000


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded(answers: Install, tmp_path: Path) -> None:
    answers(recogniser.page(*INVOICE), then=f"touch {tmp_path}/was-run")
    assert outcome_of(report_of(with_picture(bomb(50_000, 50_000)), ON)) == ("failed", ReasonCode.PICTURE_TOO_LARGE)
    target = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(target, "PDF")
    assert outcome_of(report_of(mail(("a.pdf", target.getvalue())), ON)) == ("failed", ReasonCode.PICTURE_TOO_LARGE)
    assert not (tmp_path / "was-run").exists()


def test_an_image_without_an_invoice_is_no_failure_of_the_message(answers: Install) -> None:
    answers(recogniser.page(("Happy birthday", "dear Anna")))
    report = report_of(with_picture(picture(pdf(), "JPEG", seed="a")), ON)
    assert report.outcome == "none"
    assert report.reason in NOT_INVOICES
    answers(recogniser.tsv())
    assert report_of(with_picture(picture(pdf(), "JPEG", seed="a")), ON).outcome == "none"
