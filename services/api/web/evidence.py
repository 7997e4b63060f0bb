"""The fields of an invoice for a person: what was found, where, how sure that is, and what was corrected. Pure."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.api.web import formats
from shared.invoice_fields import AMOUNTS, DATES, LABELS
from shared.invoices import Invoice, InvoiceCheck, InvoiceCorrection, InvoiceEvidence

_BOX = re.compile(r"page (\d+) box ([\d.]+),([\d.]+),([\d.]+),([\d.]+)")
_LINE = re.compile(r"line (\d+)")
_MARGIN = 3.0
_PASSED = {
    "net_plus_tax": "Net and tax add up to the total",
    "iban": "The check digits of the IBAN are right",
    "issue_date": "The date of issue is possible",
    "due_date": "It is due after it was issued",
    "page_agrees": "The data inside the PDF and its page say the same",
}
_FAILED = {
    "net_plus_tax": "Net and tax do not add up to the total",
    "iban": "The check digits of the IBAN are wrong",
    "issue_date": "The date of issue is not possible",
    "due_date": "It is due before it was issued",
    "page_agrees": "The data inside the PDF and its page do not say the same",
}


@dataclass(frozen=True)
class Box:
    """A place on a page, in points from its top left corner, with a little room around the letters."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Field:
    """One row beside the document."""

    name: str
    label: str
    shown: str
    typed: str
    """As an input holds it."""
    where: str
    level: str
    """ "sure", "likely" or "check"; empty if it was not found."""
    share: float
    box: Box | None
    correction: InvoiceCorrection | None
    found: str
    """What the scan had read, where a person corrected it."""

    @property
    def input_type(self) -> str:
        """Of the HTML element that corrects it."""
        return "date" if self.name in DATES else "text"


def fields_of(invoice: Invoice) -> list[Field]:
    """All of them, found or not."""
    return [_field(invoice, name) for name in LABELS]


def check_words(check: InvoiceCheck) -> str:
    """A check as a sentence."""
    known = (_PASSED if check.ok else _FAILED).get(check.name)
    return known or f"{check.name.replace('_', ' ')}: {check.detail}"


def box_of(evidence: InvoiceEvidence | None) -> Box | None:
    """Where the evidence stands, if it is on a page."""
    found = _BOX.fullmatch(evidence.locator) if evidence else None
    if found is None:
        return None
    left, top, right, bottom = (float(number) for number in found.groups()[1:])
    return box_around(int(found[1]), (left, top, right, bottom))


def box_around(page: int, place: Sequence[float]) -> Box:
    """The box of what stands from left to right and from top to bottom."""
    left, top, right, bottom = place
    return Box(
        page,
        max(0.0, round(left - _MARGIN, 1)),
        max(0.0, round(top - _MARGIN, 1)),
        round(right - left + 2 * _MARGIN, 1),
        round(bottom - top + 2 * _MARGIN, 1),
    )


def where(evidence: InvoiceEvidence) -> str:
    """Where a value was read, in a phrase."""
    quoted = f"\u201c{evidence.text}\u201d, " if evidence.text else ""
    box, line = _BOX.fullmatch(evidence.locator), _LINE.match(evidence.locator)
    if box:
        return f"{quoted}page {box[1]}"
    if line:
        return f"{quoted}line {line[1]}"
    if evidence.source == "xml":
        element = evidence.locator.rpartition("/")[2].rpartition(":")[2]
        return f"{quoted}{element} in the XML"
    if evidence.source == "json-ld":
        return f"{quoted}data inside the mail"
    return f"{quoted}{evidence.source}"


def _field(invoice: Invoice, name: str) -> Field:
    value, evidence = getattr(invoice, name), invoice.evidence.get(name)
    correction = invoice.corrections.get(name)
    currency = invoice.currency if name in AMOUNTS else None
    share = evidence.confidence if evidence else 0.0
    return Field(
        name=name,
        label=LABELS[name],
        shown=_shown(name, value, currency),
        typed=_typed(value),
        where=where(evidence) if evidence else "",
        level="" if evidence is None else formats.level(share),
        share=share,
        box=box_of(evidence),
        correction=correction,
        found=_shown(name, _read(name, correction.found), currency) if correction else "",
    )


def _shown(name: str, value: Any, currency: str | None) -> str:
    if value is None:
        return formats.NOT_FOUND
    if name in AMOUNTS:
        return formats.amount(value, currency)
    if name in DATES:
        return formats.day(value)
    if name == "iban":
        return " ".join(re.findall(".{1,4}", str(value)))
    return formats.KINDS[value] if name == "kind" else str(value)


def _typed(value: Any) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _read(name: str, stored: Any) -> Any:
    """A found value from the form that corrections keep it in."""
    if stored is None:
        return None
    if name in AMOUNTS:
        return Decimal(str(stored))
    return dt.date.fromisoformat(str(stored)) if name in DATES else stored
