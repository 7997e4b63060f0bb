"""Reads one document of a message with the extractor of its kind, the most trusted source first."""

from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser

from services.scanner.extract import agreement, fields, gate, html_layout, pdf, schema_org, xml_invoice
from services.scanner.extract.draft import Draft
from services.scanner.extract.layout import TextDocument
from services.scanner.extract.limits import Limits
from services.scanner.extract.mime import Part
from services.scanner.extract.reasons import UnreadableError
from shared.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the message says about its sender; it helps to tell the vendor."""

    subject: str | None = None
    sender: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """An invoice that was read, with the files inside the document that carried it."""

    draft: Draft
    embedded: tuple[pdf.EmbeddedFile, ...] = ()


def read(part: Part, envelope: Envelope, limits: Limits) -> Reading | None:
    """The invoice in a document; None if there is none. Raises UnreadableError with the reason."""
    if part.kind == "xml":
        draft = xml_invoice.read(part.data, limits)
        return Reading(draft) if draft is not None else None
    if part.kind == "pdf":
        return _read_pdf(part.data, envelope, limits)
    text = part.data.decode()
    draft = _read_html(text, envelope, limits) if part.kind == "html" else _read_text(text, envelope, limits)
    return Reading(draft) if draft is not None else None


def _read_pdf(data: bytes, envelope: Envelope, limits: Limits) -> Reading | None:
    with pdf.opened(data, limits) as document:
        other_document = False
        for embedded in document.embedded_xml():
            try:
                draft = xml_invoice.read(embedded.data, limits)
            except UnreadableError as error:
                # The page still says what broken XML does not; but an order stays an order.
                other_document = other_document or error.reason is ReasonCode.OTHER_DOCUMENT
                continue
            if draft is not None:
                if (check := agreement.check_page(draft, document.plain_texts())) is not None:
                    draft.checks.append(check)
                return Reading(replace(draft, format="factur-x"), (embedded,))
        if other_document:
            raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
        lines = document.lines()
    draft = fields.read(TextDocument("pdf", lines, envelope.subject, envelope.sender, envelope.domain))
    if draft is None:
        raise UnreadableError(ReasonCode.INCOMPLETE)
    return Reading(draft)


def _read_html(text: str, envelope: Envelope, limits: Limits) -> Draft | None:
    text = text[: limits.text_characters]
    structured, readable = gate.may_hold_structured_data(text), gate.may_be_invoice(text)
    if not structured and not readable:
        return None
    tree = LexborHTMLParser(text)
    draft = schema_org.read(tree) if structured else None
    if draft is not None or not readable:
        return draft
    lines = html_layout.html_lines(tree, limits.text_characters)
    hosts = html_layout.link_hosts(tree)
    return fields.read(TextDocument("html", lines, envelope.subject, envelope.sender, envelope.domain, hosts))


def _read_text(text: str, envelope: Envelope, limits: Limits) -> Draft | None:
    text = text[: limits.text_characters]
    if not gate.may_be_invoice(text):
        return None
    lines = html_layout.text_lines(text, limits.text_characters)
    return fields.read(TextDocument("text", lines, envelope.subject, envelope.sender, envelope.domain))
