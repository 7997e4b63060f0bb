"""Description of the fields of an invoice: type, label, and where each is shown, exported and
corrected.

A new field is one entry in `InvoiceFields`; what is derived from it follows: the API, the event,
exports, corrections and the order on pages. Reading it from documents is the scanner's part
(docs/extraction.md).
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from shared.invoice_types import InvoiceFormat, InvoiceKind

DecimalString = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, mode="serialization"),
]
_GrowingFormat = Annotated[
    InvoiceFormat,
    WithJsonSchema({"type": "string", "x-extensible-enum": list(get_args(InvoiceFormat))}, mode="serialization"),
]
"""New formats come without a new version of the event; readers accept unknown ones."""

FieldType = Literal["text", "date", "amount", "currency", "iban", "kind", "format"]


@dataclass(frozen=True)
class FieldSpec:
    """Description of one field: `position` orders the fields on pages, `column` those of exports; 0
    leaves it out."""

    type: FieldType
    label: str
    position: int
    column: int
    long_label: str = ""
    """The name in sentences, where the label is too short for them."""

    @property
    def is_correctable(self) -> bool:
        """Return whether people may correct the field: they may correct all that they see."""
        return self.position > 0


class InvoiceFields(BaseModel):
    """What an invoice says. Amounts are decimals in `currency` (ISO 4217), dates are calendar
    dates."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    vendor: Annotated[str | None, FieldSpec("text", "Vendor", position=10, column=20)] = None
    vendor_tax_id: Annotated[str | None, FieldSpec("text", "VAT ID", position=20, column=30)] = None
    invoice_number: Annotated[str | None, FieldSpec("text", "Number", position=30, column=40)] = None
    issue_date: Annotated[dt.date | None, FieldSpec("date", "Issued", 40, 10, long_label="Issue date")] = None
    due_date: Annotated[dt.date | None, FieldSpec("date", "Due", 50, 50, long_label="Due date")] = None
    currency: Annotated[str | None, FieldSpec("currency", "Currency", position=90, column=60)] = None
    net: Annotated[DecimalString | None, FieldSpec("amount", "Net", position=60, column=70)] = None
    tax: Annotated[DecimalString | None, FieldSpec("amount", "Tax", position=70, column=80)] = None
    total: Annotated[DecimalString | None, FieldSpec("amount", "Total", position=80, column=90)] = None
    iban: Annotated[str | None, FieldSpec("iban", "IBAN", position=100, column=100)] = None
    kind: Annotated[InvoiceKind, FieldSpec("kind", "Kind", position=110, column=110)] = "invoice"
    format: Annotated[_GrowingFormat, FieldSpec("format", "Format", position=0, column=120)]


def _spec(name: str) -> FieldSpec:
    return next(entry for entry in InvoiceFields.model_fields[name].metadata if isinstance(entry, FieldSpec))


INVOICE_FIELDS: dict[str, FieldSpec] = {name: _spec(name) for name in InvoiceFields.model_fields}
"""Name -> description of each field, in the order of the record."""

AMOUNTS = frozenset(name for name, spec in INVOICE_FIELDS.items() if spec.type == "amount")
DATES = frozenset(name for name, spec in INVOICE_FIELDS.items() if spec.type == "date")
CORRECTABLE = tuple(name for name, spec in INVOICE_FIELDS.items() if spec.is_correctable)
EXPORTED = tuple(name for name, spec in sorted(INVOICE_FIELDS.items(), key=lambda item: item[1].column) if spec.column)
"""The fields in the order of their columns."""

_ON_PAGES = sorted((spec.position, name, spec) for name, spec in INVOICE_FIELDS.items() if spec.position)
LABELS = {name: spec.label for _, name, spec in _ON_PAGES}
"""Name -> label, in the order of pages."""
LONG_LABELS = {name: spec.long_label or spec.label for _, name, spec in _ON_PAGES}
"""Name -> label in sentences, in the order of pages."""
