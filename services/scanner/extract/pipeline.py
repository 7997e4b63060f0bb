"""Examination of one message: parts, documents, invoices, originals.

It never raises for bad input; the report has a reason code instead.
"""

import hashlib
import logging
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from services.scanner.extract import dedupe, documents
from services.scanner.extract.consistency_checks import build_invoice
from services.scanner.extract.content_type import CONTENT_TYPES
from services.scanner.extract.formats import FORMATS
from services.scanner.extract.limits import Limits
from services.scanner.extract.message import headers
from services.scanner.extract.message.mime_parser import Entity, parse, parse_header
from services.scanner.extract.message.parts import MessageWalker, Part
from services.scanner.extract.model import (
    Carrier,
    ExaminedDocument,
    ExaminedFormat,
    ExtractedInvoice,
    MessageReport,
    Outcome,
    StoredDocument,
)
from services.scanner.extract.reasons import NOT_INVOICES, UnreadableError
from services.scanner.extract.safe_errors import describe
from shared.ledger_reasons import ReasonCode

if TYPE_CHECKING:
    from services.scanner.extract.ocr.recognition import OcrSession

logger = logging.getLogger(__name__)


def examine(raw: bytes, limits: Limits) -> tuple[MessageReport, dict[str, bytes]]:
    """Return the report on a raw RFC 5322 message, and its invoices' originals by their SHA-256."""
    try:
        examination = _Examination(parse(raw), limits)
        examination.read_parts()
    except RecursionError:
        # The parser uses one stack frame per level of multipart.
        examination = _Examination(Entity(parse_header(raw), b""), limits)
        examination.refuse(ReasonCode.TOO_DEEP)
    return examination.report()


class _Examination:
    """The examination of one message."""

    def __init__(self, entity: Entity, limits: Limits) -> None:
        self._entity = entity
        message = entity.header
        self._limits = limits
        self._subject = headers.header(message, "subject")
        self._sender = headers.header(message, "from")
        self._date = headers.date_utc(headers.header(message, "date"))
        name, domain = headers.sender_name(self._sender)
        self._context = documents.MessageContext(self._subject, name, domain)
        self._invoices: list[ExtractedInvoice] = []
        self._originals: dict[str, tuple[StoredDocument, bytes]] = {}
        self._examined: list[ExaminedDocument] = []
        self._reasons: list[ReasonCode] = []
        self._ocr_session = _ocr_session(limits)

    def refuse(self, reason: ReasonCode) -> None:
        """Record why the message cannot be read."""
        self._reasons.append(reason)

    def read_parts(self) -> None:
        """Read the parts in order of trust.

        Attachments come first; bodies are read only if no attachment was an invoice, HTML before
        plain text; images come last.
        """
        walker = MessageWalker(self._limits)
        parts: list[Part] = []
        self._run_step("mail", lambda: parts.extend(walker.parts(self._entity)))
        self._reasons += walker.refusals
        for part in parts:
            if not part.is_body and not part.is_image:
                self._examine_part(part)
        for kind in ("html", "text"):
            for part in parts:
                if part.is_body and part.kind == kind and not self._invoices:
                    self._examine_part(part)
        if self._ocr_session is not None and not self._invoices:
            for part in self._ocr_session.images_to_read(parts, self._subject, self._sender):
                self._examine_part(part)

    def report(self) -> tuple[MessageReport, dict[str, bytes]]:
        """Return the report and the originals."""
        invoices = dedupe.merge(self._invoices)
        outcome, reason = self._outcome(invoices)
        report = MessageReport(
            message_id=headers.header(self._entity.header, "message-id"),
            subject=self._subject,
            sender=self._sender,
            date=self._date,
            outcome=outcome,
            reason=reason,
            invoices=tuple(invoices),
            documents=tuple(stored for stored, _ in self._originals.values()),
            examined_documents=tuple(self._examined),
        )
        return report, {sha256: data for sha256, (_, data) in self._originals.items()}

    def _outcome(self, invoices: list[ExtractedInvoice]) -> tuple[Outcome, ReasonCode]:
        if invoices:
            total = invoices[0].evidence.get("total")
            by_ocr = total is not None and total.source == "ocr"
            return "invoice", ReasonCode.FOUND_PICTURE if by_ocr else FORMATS[invoices[0].format].reason
        # A document that could not be read matters more than one that is no invoice.
        for reason in self._reasons:
            if reason not in NOT_INVOICES:
                return "failed", reason
        return "none", max(self._reasons, key=NOT_INVOICES.index, default=ReasonCode.NO_DOCUMENT)

    def _examine_part(self, part: Part) -> None:
        self._run_step(part.kind, lambda: self._read_part(part))

    def _run_step(self, kind: ExaminedFormat, step: Callable[[], ExaminedFormat | None]) -> None:
        """Run one step; whatever it raises costs this document only."""
        started = perf_counter()
        outcome: Outcome = "failed"
        examined: ExaminedFormat = kind
        try:
            found_format = step()
            examined, outcome = (found_format, "invoice") if found_format is not None else (kind, "none")
        except UnreadableError as error:
            self._reasons.append(error.reason)
            outcome = "none" if error.reason in NOT_INVOICES else "failed"
        except MemoryError:
            raise
        except RecursionError:
            self._reasons.append(ReasonCode.TOO_DEEP)
        except Exception as error:  # noqa: BLE001 - hostile input may break any library; it is reported, not hidden
            self._reasons.append(ReasonCode.PARSER_FAILED)
            # A traceback may quote the mail's text.
            logger.error("A parser failed: %s", describe(error), extra={"event": "parser_failed"})
        if kind != "mail":
            self._examined.append(ExaminedDocument(format=examined, outcome=outcome, seconds=perf_counter() - started))

    def _read_part(self, part: Part) -> ExaminedFormat | None:
        readings = documents.read(part, self._context, self._limits, self._ocr_session)
        message_date = self._date.date() if self._date else None
        for reading in readings:
            carriers = [self._store(part.path, part.filename, CONTENT_TYPES[part.kind], part.data)]
            for file in reading.embedded:
                path = f"{part.path}/{file.name}"[:400]
                carriers.append(self._store(path, file.name, CONTENT_TYPES["xml"], file.data))
            self._invoices.append(build_invoice(reading.draft, tuple(carriers), message_date))
        return readings[0].draft.format if readings else None

    def _store(self, path: str, filename: str | None, content_type: str, data: bytes) -> Carrier:
        sha256 = hashlib.sha256(data).hexdigest()
        stored = StoredDocument(sha256=sha256, filename=filename, content_type=content_type, size=len(data))
        self._originals.setdefault(sha256, (stored, data))
        return Carrier(part=path, filename=filename, sha256=sha256, content_type=content_type)


def _ocr_session(limits: Limits) -> "OcrSession | None":
    if not limits.ocr_enabled:
        return None
    from services.scanner.extract.ocr.recognition import OcrSession  # late, as OCR is off by default

    return OcrSession(limits)
