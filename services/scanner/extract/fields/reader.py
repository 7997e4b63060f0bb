"""Reader of an invoice from text with layout, for PDF, HTML and plain text alike."""

from dataclasses import replace

from services.scanner.extract.fields import amount_candidates, iban, label_meaning
from services.scanner.extract.fields.amount_parser import DecimalSign, decimal_sign
from services.scanner.extract.fields.annotated_text import AnnotatedText
from services.scanner.extract.fields.currency import find_currency
from services.scanner.extract.fields.date_parser import DateOrder, date_order
from services.scanner.extract.fields.document_title import DocumentTitle, find_title
from services.scanner.extract.fields.invoice_number import NumberCandidate, find_number, has_number
from services.scanner.extract.fields.issue_and_due_date import InvoiceDates, find_dates
from services.scanner.extract.fields.parties import Parties, find_parties
from services.scanner.extract.fields.tax_id import find_tax_id
from services.scanner.extract.fields.totals_solver import Totals
from services.scanner.extract.fields.vendor import find_vendor
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.page.text_document import TextDocument, truncate_lines

_ADDS_UP, _CLEAR, _UNCLEAR = 0.96, 0.85, 0.6
_VALID_IBAN, _DOUBTFUL_IBAN = 0.95, 0.5


def read(document: TextDocument) -> InvoiceDraft | None:
    """Return the invoice in a document, or None.

    It takes a total, a vendor, and a number or a title that says invoice.
    """
    document = replace(document, lines=truncate_lines(document.lines))
    annotated = AnnotatedText(document.lines)
    title = find_title(annotated, document.subject)
    if title.is_other:
        return None
    if document.format != "pdf" and not title.says_invoice and not has_number(annotated):
        return None  # most bodies that pass the prefilter end here, before the expensive part
    parties = find_parties(annotated)
    number = find_number(annotated, parties, titled=title.says_invoice)
    sign: DecimalSign = decimal_sign(annotation.cell.text for line in annotated.lines for annotation in line)
    totals = amount_candidates.find_totals(annotated, sign)
    if totals is None or not _is_invoice(document, title, number, totals):
        return None
    vendor = find_vendor(document, annotated, parties)
    if vendor is None:
        return None
    draft = InvoiceDraft(format=document.format, source=document.format, kind=title.kind)
    draft.put("vendor", vendor.name, locator=vendor.locator, text=vendor.text, confidence=vendor.confidence)
    if number is not None:
        at = number.cell
        draft.put("invoice_number", number.value, locator=at.locator, text=at.text, confidence=number.confidence)
    _put_totals(draft, totals)
    _put_accounts(draft, annotated, parties)
    currency = find_currency(draft, document, totals, annotated.languages)
    if currency is not None:
        draft.put(
            "currency", currency.code, locator=currency.locator, text=currency.text, confidence=currency.confidence
        )
    order: DateOrder = date_order(
        (line.text for line in document.lines),
        american=draft.currency == "USD",
        swedish="sv" in annotated.languages[:1],
    )
    _put_dates(draft, find_dates(annotated, order, on_credit=title.kind == "credit_note"))
    return draft


def _is_invoice(document: TextDocument, title: DocumentTitle, number: NumberCandidate | None, totals: Totals) -> bool:
    rank = number.rank if number is not None else 0
    if title.says_other and rank < label_meaning.RANK_INVOICE_NUMBER:
        return False
    if document.format == "pdf":
        return rank >= label_meaning.RANK_DOCUMENT_NUMBER or (
            title.says_invoice and (number is not None or amount_candidates.is_clear(totals))
        )
    # Mail is full of prices and orders, so a body needs more than a PDF.
    priced = totals.total.amount.currency is not None or totals.adds_up
    if not priced:
        return False
    if rank >= label_meaning.RANK_INVOICE_NUMBER:
        return totals.total.score >= label_meaning.VAGUE
    if rank >= label_meaning.RANK_DOCUMENT_NUMBER:
        return totals.total.score >= label_meaning.WEAK or totals.adds_up
    named = number is not None or title.is_heading or (document.format == "html" and totals.adds_up)
    return title.says_invoice and named and amount_candidates.is_clear(totals)


def _put_totals(draft: InvoiceDraft, totals: Totals) -> None:
    confidence = (
        _ADDS_UP
        if totals.adds_up and not totals.by_items
        else _CLEAR
        if amount_candidates.is_clear(totals)
        else _UNCLEAR
    )
    for name, candidate in (("total", totals.total), ("net", totals.net), ("tax", totals.tax)):
        if candidate is not None:
            at = candidate.cell
            draft.put(name, candidate.value, locator=at.locator, text=at.text, confidence=confidence)


def _put_dates(draft: InvoiceDraft, dates: InvoiceDates) -> None:
    if (issued := dates.issued) is not None:
        confidence = 0.55 + 0.4 * min(issued.score, 1)
        draft.put("issue_date", issued.value, locator=issued.cell.locator, text=issued.cell.text, confidence=confidence)
    if (due := dates.due) is not None and (issued is None or due.value >= issued.value):
        draft.put(
            "due_date", due.value, locator=due.cell.locator, text=due.cell.text, confidence=0.9 * min(due.score, 1)
        )


def _put_accounts(draft: InvoiceDraft, annotated: AnnotatedText, parties: Parties) -> None:
    for line in annotated.lines:
        label = ""
        for annotation in line:
            text = annotation.cell.text
            account = iban.find(text) or (iban.find(f"IBAN {text.lstrip(' :')}") if label.endswith("iban") else None)
            label = annotation.folded.rstrip(" :.")
            if account is None or annotation.cell.locator in parties.buyer:
                continue
            confidence = _VALID_IBAN if iban.is_valid(account) else _DOUBTFUL_IBAN
            kept = draft.evidence.get("iban")
            if kept is None or kept.confidence < confidence:
                draft.put("iban", account, locator=annotation.cell.locator, text=text, confidence=confidence)
    tax_id = find_tax_id(annotated, parties)
    if tax_id is not None:
        at = tax_id.cell
        draft.put("vendor_tax_id", tax_id.value, locator=at.locator, text=at.text, confidence=tax_id.confidence)
