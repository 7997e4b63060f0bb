"""Fields of an invoice for display: value, evidence, confidence and correction. Pure."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.api.web import formats
from shared import formatting
from shared.invoice_fields import AMOUNTS, DATES, LABELS, LONG_LABELS
from shared.invoices import Invoice, InvoiceCheck, InvoiceCorrection, InvoiceEvidence

FIELD_NAMES = {name: label if label.isupper() else label.lower() for name, label in LONG_LABELS.items()}
"""Field -> name in a sentence; abbreviations keep their capitals."""

_BOX = re.compile(r"page (\d+) box ([\d.]+),([\d.]+),([\d.]+),([\d.]+)")
_LINE = re.compile(r"line (\d+)")
_MARGIN = 3.0
_PASSED = {
    "net_plus_tax": "Net and tax add up to the total",
    "iban": "The IBAN is valid (check digits)",
    "issue_date": "The issue date is plausible",
    "due_date": "The due date is after the issue date",
    "page_agrees": "The data inside the PDF matches its page",
}
_FAILED = {
    "net_plus_tax": "Net and tax do not add up to the total",
    "iban": "The IBAN is not valid (check digits)",
    "issue_date": "The issue date is not plausible",
    "due_date": "The due date is before the issue date",
    "page_agrees": "The data inside the PDF differs from its page",
}


@dataclass(frozen=True)
class Box:
    """A rectangle on a page, in points from its top left corner, with a margin around the text."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Field:
    """One field of an invoice, as a row beside the document."""

    name: str
    label: str
    display_value: str
    input_value: str
    """The value as an input element holds it."""
    location: str
    level: str
    """Confidence as "sure", "likely" or "check"; empty if the field was not found."""
    confidence: float
    box: Box | None
    correction: InvoiceCorrection | None
    found_value: str
    """The value that the scan read, if a person corrected it."""

    @property
    def input_type(self) -> str:
        """Return the type of the input element that corrects the field."""
        return "date" if self.name in DATES else "text"


def invoice_fields(invoice: Invoice) -> list[Field]:
    """Return all fields, found or not."""
    return [_field(invoice, name) for name in LABELS]


def check_sentence(check: InvoiceCheck) -> str:
    """Return a check as a sentence."""
    known = (_PASSED if check.ok else _FAILED).get(check.name)
    return known or f"{check.name.replace('_', ' ')}: {check.detail}"


def evidence_box(evidence: InvoiceEvidence | None) -> Box | None:
    """Return the rectangle of the evidence, if it is on a page."""
    match = _BOX.fullmatch(evidence.locator) if evidence else None
    if match is None:
        return None
    left, top, right, bottom = (float(number) for number in match.groups()[1:])
    return box_around(int(match[1]), (left, top, right, bottom))


def box_around(page: int, place: Sequence[float]) -> Box:
    """Return the box around (left, top, right, bottom) in points."""
    left, top, right, bottom = place
    return Box(
        page,
        max(0.0, round(left - _MARGIN, 1)),
        max(0.0, round(top - _MARGIN, 1)),
        round(right - left + 2 * _MARGIN, 1),
        round(bottom - top + 2 * _MARGIN, 1),
    )


def location_text(evidence: InvoiceEvidence) -> str:
    """Return where a value was read, as a phrase."""
    quoted = f"\u201c{evidence.text}\u201d, " if evidence.text else ""
    box, line = _BOX.fullmatch(evidence.locator), _LINE.match(evidence.locator)
    if box:
        return f"{quoted}page {box[1]}"
    if line:
        return f"{quoted}line {line[1]}"
    if evidence.source == "xml":
        return f"{quoted}from the e-invoice data"
    if evidence.source == "json-ld":
        return f"{quoted}from data inside the mail"
    if evidence.source in ("html", "text"):
        return f"{quoted}from the mail text"
    return f"{quoted}{evidence.source}"


def _field(invoice: Invoice, name: str) -> Field:
    value, evidence = getattr(invoice, name), invoice.evidence.get(name)
    correction = invoice.corrections.get(name)
    currency = invoice.currency if name in AMOUNTS else None
    confidence = evidence.confidence if evidence else 0.0
    return Field(
        name=name,
        label=LABELS[name],
        display_value=_display_value(name, value, currency),
        input_value=_input_value(value),
        location=location_text(evidence) if evidence else "",
        level="" if evidence is None else formatting.confidence_level(confidence),
        confidence=confidence,
        box=evidence_box(evidence),
        correction=correction,
        found_value=_display_value(name, _found_value(name, correction.found), currency) if correction else "",
    )


def _display_value(name: str, value: Any, currency: str | None) -> str:
    if value is None:
        return formats.NOT_FOUND
    if name in AMOUNTS:
        return formats.amount(value, currency)
    if name in DATES:
        return formats.day(value)
    if name == "iban":
        return " ".join(re.findall(".{1,4}", str(value)))
    return formats.KINDS[value] if name == "kind" else str(value)


def _input_value(value: Any) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _found_value(name: str, stored: Any) -> Any:
    """Return a found value from the form in which corrections store it."""
    if stored is None:
        return None
    if name in AMOUNTS:
        return Decimal(str(stored))
    return dt.date.fromisoformat(str(stored)) if name in DATES else stored
