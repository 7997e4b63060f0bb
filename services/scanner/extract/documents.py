"""Reading of one document of a message with the reader of its type, the most trusted data first."""

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from services.scanner.extract import page_data_agreement, prefilter
from services.scanner.extract.einvoice import reader as xml_invoice
from services.scanner.extract.einvoice import schema_org
from services.scanner.extract.fields import reader as fields
from services.scanner.extract.fields.invoice_boundaries import split_invoices
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.limits import Limits
from services.scanner.extract.message.parts import Part
from services.scanner.extract.page import html_layout, pdf
from services.scanner.extract.page.text_document import Line, TextDocument
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

_OPENING_PAGES = 3
"""Pages of a PDF of which one has to mention an invoice."""
_NO_TEXT = "\0 \r\n"

if TYPE_CHECKING:  # loaded only if OCR is on
    from services.scanner.extract.ocr.recognition import OcrSession, RecognisedText


@dataclass(frozen=True, slots=True)
class MessageContext:
    """Subject and sender of the message, which help to find the vendor."""

    subject: str | None = None
    sender: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceReading:
    """An invoice that was read, with the files inside the document that carried it."""

    draft: InvoiceDraft
    embedded: tuple[pdf.EmbeddedFile, ...] = ()


def read(part: Part, context: MessageContext, limits: Limits, ocr: "OcrSession | None" = None) -> list[InvoiceReading]:
    """Return the invoices in a document; an empty list if there is none.

    Images are read only with `ocr`. Raises UnreadableError with the reason.
    """
    if part.kind == "xml":
        draft = xml_invoice.read(part.data, limits)
        return [InvoiceReading(draft)] if draft is not None else []
    if part.kind == "pdf":
        return _read_pdf(part.data, context, limits, ocr)
    if part.is_image:
        return _read_image(part, context, ocr)
    text = part.data.decode()
    draft = _read_html(text, context, limits) if part.kind == "html" else _read_text(text, context, limits)
    return [InvoiceReading(draft)] if draft is not None else []


def _read_pdf(
    data: bytes, context: MessageContext, limits: Limits, ocr: "OcrSession | None" = None
) -> list[InvoiceReading]:
    with pdf.open_pdf(data, limits) as document:
        other_document = False
        for embedded in document.embedded_xml():
            try:
                draft = xml_invoice.read(embedded.data, limits)
            except UnreadableError as error:
                # The page may be read where the XML is broken; but an order stays an order.
                other_document = other_document or error.reason is ReasonCode.OTHER_DOCUMENT
                continue
            if draft is not None:
                if (check := page_data_agreement.check_page(draft, document.texts_from_last())) is not None:
                    draft.checks.append(check)
                return [InvoiceReading(replace(draft, format="factur-x"), (embedded,))]
        if other_document:
            raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
        lines: tuple[Line, ...] = ()
        try:
            if not _may_be_invoice(document, context):
                raise UnreadableError(ReasonCode.INCOMPLETE)
            lines = document.lines()
            drafts = _read_pages(lines, context)
        except UnreadableError as error:
            if ocr is None or error.reason not in _OCR_REASONS:
                raise
            drafts = _read_recognised(ocr.read_pdf(document, error), lines, context)
    return [InvoiceReading(draft) for draft in drafts]


_OCR_REASONS = (ReasonCode.PDF_WITHOUT_TEXT, ReasonCode.INCOMPLETE)
"""Reasons of a PDF whose pages may be scans."""


def _read_image(part: Part, context: MessageContext, ocr: "OcrSession | None") -> list[InvoiceReading]:
    if ocr is None:
        return []
    try:
        recognised = ocr.read_image(part)
    except UnreadableError as error:
        if error.reason is ReasonCode.PICTURE_WITHOUT_TEXT:
            return []  # a photograph
        raise
    drafts = _read_recognised(recognised, (), context)
    return [InvoiceReading(replace(draft, format="image")) for draft in drafts]


def _read_recognised(
    recognised: "RecognisedText", text_lines: tuple[Line, ...], context: MessageContext
) -> list[InvoiceDraft]:
    """Return the invoices on recognised pages and on the pages between them that have a text
    layer."""
    lines = [*recognised.lines, *(line for line in text_lines if line.cells[0].page not in recognised.pages)]
    try:
        drafts = _read_pages(tuple(sorted(lines, key=lambda line: line.cells[0].page)), context)
    except UnreadableError as error:
        raise UnreadableError(ReasonCode.RECOGNITION_TIME if recognised.timed_out else error.reason) from error
    for draft in drafts:
        recognised.lower_confidence(draft)
    return drafts


def _may_be_invoice(document: pdf.Pdf, context: MessageContext) -> bool:
    """Return whether a PDF has the words of an invoice, wherever they are on its pages.

    Most PDFs can be ruled out without their layout. The first pages rule out a manual or a
    contract, whose other pages are then not even opened. A scanned page has no words and is let
    through.
    """
    opening = " ".join(islice(document.texts(), _OPENING_PAGES)).strip(_NO_TEXT)
    if opening and not prefilter.has_wording(f"{context.subject or ''} {opening}"):
        return False
    whole = " ".join(document.texts()).strip(_NO_TEXT)
    return not whole or prefilter.pages_have_total(whole)


def _read_pages(lines: tuple[Line, ...], context: MessageContext) -> list[InvoiceDraft]:
    whole = TextDocument("pdf", lines, context.subject, context.sender, context.domain)
    parts = split_invoices(whole)
    drafts = [draft for part in parts if (draft := fields.read(part)) is not None]
    if len(drafts) < len(parts) and len(parts) > 1:
        # Not every part is an invoice: it is one invoice that names the numbers of others.
        drafts = [draft for draft in [fields.read(whole)] if draft is not None]
    if not drafts:
        raise UnreadableError(ReasonCode.INCOMPLETE)
    return drafts


def _read_html(text: str, context: MessageContext, limits: Limits) -> InvoiceDraft | None:
    text = text[: limits.text_characters]
    structured, priced = prefilter.may_hold_structured_data(text), prefilter.has_amount(text)
    if not structured and not priced:
        return None
    tree = LexborHTMLParser(text)
    draft = schema_org.read(tree) if structured else None
    if not priced or tree.body is None or not prefilter.may_be_invoice(tree.body.text(separator=" ")):
        return draft
    lines = html_layout.html_lines(tree, limits.text_characters)
    hosts = html_layout.link_hosts(tree)
    body = fields.read(TextDocument("html", lines, context.subject, context.sender, context.domain, hosts))
    if draft is None:
        return body
    if body is not None and body.total == draft.total:
        draft.complete(body)  # the markup seldom states all that the page shows
    return draft


def _read_text(text: str, context: MessageContext, limits: Limits) -> InvoiceDraft | None:
    text = text[: limits.text_characters]
    if not prefilter.may_be_invoice(text):
        return None
    lines = html_layout.text_lines(text, limits.text_characters)
    return fields.read(TextDocument("text", lines, context.subject, context.sender, context.domain))
