"""The request body of a correction, with one optional member for each correctable field of an
invoice."""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from bson import Decimal128
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model, model_validator

from services.api.http.request_types import VISIBLE, Day
from shared.invoice_fields import CORRECTABLE, INVOICE_FIELDS, FieldSpec, FieldType
from shared.invoice_types import InvoiceKind

_TYPES: dict[FieldType, Any] = {
    "text": Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=VISIBLE)],
    "date": Day,
    "amount": Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")],
    "currency": Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")],
    "iban": Annotated[str, StringConstraints(pattern="^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")],
    "kind": InvoiceKind,
}


class CorrectionBase(BaseModel):
    """`PATCH /v1/invoices/{id}`: field -> the right value; null takes the correction back. Other
    fields stay."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        json_schema_extra={"minProperties": 1, "examples": [{"vendor": "Kestrel Cloud Ltd", "total": "1284.50"}]},
    )

    @model_validator(mode="after")
    def names_something(self) -> "CorrectionBase":
        """Refuse an empty body: it is a mistake of the caller."""
        if not self.model_fields_set:
            raise ValueError("name at least one field")
        return self

    def stored(self) -> dict[str, Any]:
        """Return field -> value in the form that invoices are stored in; None takes the correction
        back."""
        return {name: _storable(name, value) for name, value in self.model_dump(include=self.model_fields_set).items()}


def _member(spec: FieldSpec) -> Any:
    description = "decimal string" if spec.type == "amount" else None
    return _TYPES[spec.type] | None, Field(default=None, description=description)


if TYPE_CHECKING:
    Correction = CorrectionBase
else:
    Correction = create_model(
        "Correction",
        __base__=CorrectionBase,
        __doc__=CorrectionBase.__doc__,
        **{name: _member(INVOICE_FIELDS[name]) for name in CORRECTABLE},
    )


def _storable(name: str, value: Any) -> Any:
    if INVOICE_FIELDS[name].type == "amount" and value is not None:
        return Decimal128(Decimal(value))
    return value.isoformat() if isinstance(value, dt.date) else value
