"""What a person may correct in an invoice, and what such values look like."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from bson import Decimal128
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.api.http.request_types import VISIBLE, Day
from shared.invoice_types import InvoiceKind

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=VISIBLE)]
_AMOUNT = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"
_Amount = Annotated[str, StringConstraints(pattern=_AMOUNT)]
_AMOUNTS = frozenset({"net", "tax", "total"})


class Correction(BaseModel):
    """`PATCH /v1/invoices/{id}`: field -> the right value; null takes the correction back. Other fields stay."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        json_schema_extra={"minProperties": 1, "examples": [{"vendor": "Kestrel Cloud Ltd", "total": "1284.50"}]},
    )

    vendor: _Text | None = None
    vendor_tax_id: _Text | None = None
    invoice_number: _Text | None = None
    issue_date: Day | None = None
    due_date: Day | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    net: _Amount | None = Field(default=None, description="decimal string")
    tax: _Amount | None = Field(default=None, description="decimal string")
    total: _Amount | None = Field(default=None, description="decimal string")
    iban: Annotated[str, StringConstraints(pattern="^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")] | None = None
    kind: InvoiceKind | None = None

    @model_validator(mode="after")
    def names_something(self) -> "Correction":
        """Nothing to do is a mistake of the caller."""
        if not self.model_fields_set:
            raise ValueError("name at least one field")
        return self

    def stored(self) -> dict[str, Any]:
        """Field -> value in the form that invoices are stored in; None where the correction is taken back."""
        given = self.model_dump(include=self.model_fields_set)
        return {name: _storable(name, value) for name, value in given.items()}


def _storable(name: str, value: Any) -> Any:
    if name in _AMOUNTS and value is not None:
        return Decimal128(Decimal(value))
    return value.isoformat() if isinstance(value, dt.date) else value
