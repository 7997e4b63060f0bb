"""Examines one message: parts, documents, invoices, originals. Never raises for bad input; it gives a reason code."""

import hashlib
import logging
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from services.scanner.extract import dedupe, documents
from services.scanner.extract.consistency_checks import finish
from services.scanner.extract.content_type import CONTENT_TYPES
from services.scanner.extract.formats import FORMATS
from services.scanner.extract.limits import Limits
from services.scanner.extract.message import headers
from services.scanner.extract.message.mime_parser import Entity, header_of, parse
from services.scanner.extract.message.parts import Part, Walk
from services.scanner.extract.model import (
    Carrier,
    ExtractedInvoice,
    MessageReport,
    Outcome,
    SeenDocument,
    SeenFormat,
    StoredDocument,
)
from services.scanner.extract.reasons import NOT_INVOICES, UnreadableError
from services.scanner.extract.safe_errors import describe
from shared.ledger_reasons import ReasonCode

if TYPE_CHECKING:
    from services.scanner.extract.ocr.recognition import Recognition

logger = logging.getLogger(__name__)


def examine(raw: bytes, limits: Limits) -> tuple[MessageReport, dict[str, bytes]]:
    """The report on a raw RFC 5322 message, and the originals of the invoices found, by their SHA-256."""
    try:
        run = _Run(parse(raw), limits)
        run.read_parts()
    except RecursionError:
        # The parser goes down one stack frame a level of multipart.
        run = _Run(Entity(header_of(raw), b""), limits)
        run.refuse(ReasonCode.TOO_DEEP)
    return run.report()


class _Run:
    """The examination of one message."""

    def __init__(self, entity: Entity, limits: Limits) -> None:
        self._entity = entity
        message = entity.header
        self._limits = limits
        self._subject = headers.header(message, "subject")
        self._sender = headers.header(message, "from")
        self._date = headers.date_utc(headers.header(message, "date"))
        name, domain = headers.sender_name(self._sender)
        self._envelope = documents.Envelope(self._subject, name, domain)
        self._invoices: list[ExtractedInvoice] = []
        self._originals: dict[str, tuple[StoredDocument, bytes]] = {}
        self._seen: list[SeenDocument] = []
        self._reasons: list[ReasonCode] = []
        self._recognition = _recognition(limits)

    def refuse(self, reason: ReasonCode) -> None:
        """Note why the message cannot be read."""
        self._reasons.append(reason)

    def read_parts(self) -> None:
        """Attachments first; bodies only when no attachment was an invoice, HTML before plain text; pictures last."""
        walk = Walk(self._limits)
        parts: list[Part] = []
        self._guarded("mail", lambda: parts.extend(walk.parts(self._entity)))
        self._reasons += walk.refused
        for part in parts:
            if not part.is_body and not part.is_picture:
                self._read(part)
        for kind in ("html", "text"):
            for part in parts:
                if part.is_body and part.kind == kind and not self._invoices:
                    self._read(part)
        if self._recognition is not None and not self._invoices:
            for part in self._recognition.choose(parts, self._subject, self._sender):
                self._read(part)

    def report(self) -> tuple[MessageReport, dict[str, bytes]]:
        """What was found, and the originals."""
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
            documents_seen=tuple(self._seen),
        )
        return report, {sha256: data for sha256, (_, data) in self._originals.items()}

    def _outcome(self, invoices: list[ExtractedInvoice]) -> tuple[Outcome, ReasonCode]:
        if invoices:
            total = invoices[0].evidence.get("total")
            is_recognised = total is not None and total.source == "ocr"
            return "invoice", ReasonCode.FOUND_PICTURE if is_recognised else FORMATS[invoices[0].format].reason
        # What could not be read tells more than what was read and is no invoice.
        for reason in self._reasons:
            if reason not in NOT_INVOICES:
                return "failed", reason
        return "none", max(self._reasons, key=NOT_INVOICES.index, default=ReasonCode.NO_DOCUMENT)

    def _read(self, part: Part) -> None:
        self._guarded(part.kind, lambda: self._keep(part))

    def _guarded(self, kind: SeenFormat, step: Callable[[], SeenFormat | None]) -> None:
        """Run one step; whatever it raises costs this document only."""
        started = perf_counter()
        outcome: Outcome = "failed"
        seen: SeenFormat = kind
        try:
            found = step()
            seen, outcome = (found, "invoice") if found is not None else (kind, "none")
        except UnreadableError as error:
            self._reasons.append(error.reason)
            outcome = "none" if error.reason in NOT_INVOICES else "failed"
        except MemoryError:
            raise
        except RecursionError:
            self._reasons.append(ReasonCode.TOO_DEEP)
        except Exception as error:  # noqa: BLE001 - hostile input may break any library; it is reported, not hidden
            self._reasons.append(ReasonCode.PARSER_FAILED)
            logger.error("parser failed: %s", describe(error))  # a traceback may quote the mail's text
        if kind != "mail":
            self._seen.append(SeenDocument(format=seen, outcome=outcome, seconds=perf_counter() - started))

    def _keep(self, part: Part) -> SeenFormat | None:
        readings = documents.read(part, self._envelope, self._limits, self._recognition)
        sent = self._date.date() if self._date else None
        for reading in readings:
            carriers = [self._store(part.path, part.filename, CONTENT_TYPES[part.kind], part.data)]
            for file in reading.embedded:
                path = f"{part.path}/{file.name}"[:400]
                carriers.append(self._store(path, file.name, CONTENT_TYPES["xml"], file.data))
            self._invoices.append(finish(reading.draft, tuple(carriers), sent))
        return readings[0].draft.format if readings else None

    def _store(self, path: str, filename: str | None, content_type: str, data: bytes) -> Carrier:
        sha256 = hashlib.sha256(data).hexdigest()
        stored = StoredDocument(sha256=sha256, filename=filename, content_type=content_type, size=len(data))
        self._originals.setdefault(sha256, (stored, data))
        return Carrier(part=path, filename=filename, sha256=sha256, content_type=content_type)


def _recognition(limits: Limits) -> "Recognition | None":
    if not limits.reads_pictures:
        return None
    from services.scanner.extract.ocr.recognition import Recognition  # late: most deployments do without

    return Recognition(limits)
