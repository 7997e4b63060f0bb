"""The values of one invoice while they are collected, each with its evidence."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.scanner.extract.model import Check, Evidence, Source
from shared.invoice_types import InvoiceFormat, InvoiceKind

EXCERPT_CHARACTERS = 120


@dataclass(slots=True)
class InvoiceDraft:
    """The values found so far; set them with `put` only, so that none lacks its evidence."""

    format: InvoiceFormat
    source: Source
    kind: InvoiceKind = "invoice"
    vendor: str | None = None
    vendor_tax_id: str | None = None
    invoice_number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    currency: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    iban: str | None = None
    evidence: dict[str, Evidence] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    """Checks that only the reader of the document can make."""

    def put(self, name: str, value: str | date | Decimal | None, *, locator: str, text: str, confidence: float) -> None:
        """Set the field `name` unless the value is missing."""
        if value is None or value == "":
            return
        setattr(self, name, value)
        excerpt = " ".join(text.split())[:EXCERPT_CHARACTERS]
        self.evidence[name] = Evidence(source=self.source, locator=locator, text=excerpt, confidence=confidence)

    def complete(self, other: "InvoiceDraft") -> None:
        """Take missing values from another reading of the same invoice, with their evidence."""
        for name, evidence in other.evidence.items():
            if name not in self.evidence:
                setattr(self, name, getattr(other, name))
                self.evidence[name] = evidence
