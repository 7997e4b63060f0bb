"""Search filter of invoices, and its form for MongoDB."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.api.http.request_types import Day
from shared.invoice_types import InvoiceKind
from shared.mongo import Document

InvoiceSort = Literal["-issue_date", "issue_date", "-total", "total", "vendor"]
_SEARCHED = ("vendor", "invoice_number", "message.subject", "carriers.filename")
_Part = Annotated[str, StringConstraints(max_length=200, pattern="^[^\\x00]*$")]
"""Part of a text. MongoDB's regular expressions cannot hold the character 0."""


class InvoiceFilter(BaseModel):
    """Search conditions; all that are set must hold. Dates are issue dates, both ends included."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    account_id: str | None = None
    task_id: str | None = None
    vendor: _Part | None = Field(default=None, description="part of the vendor's name, in any case")
    issued_from: Day | None = Field(default=None, alias="from")
    issued_to: Day | None = Field(default=None, alias="to")
    currency: str | None = Field(default=None, pattern="^[A-Za-z]{3}$")
    kind: InvoiceKind | None = None
    needs_check: bool | None = None
    near_duplicate: bool | None = None
    q: _Part | None = Field(default=None, description="part of vendor, number, subject or file name")

    def conditions(self) -> Document:
        """Return the filter of MongoDB."""
        conditions: Document = self.model_dump(
            include={"account_id", "task_id", "kind", "needs_check"}, exclude_none=True
        )
        if self.currency is not None:
            conditions["currency"] = self.currency.upper()
        if self.vendor is not None:
            conditions["vendor"] = _contains(self.vendor)
        dates = {"$gte": self.issued_from, "$lte": self.issued_to}
        if any(dates.values()):
            conditions["issue_date"] = {operator: day.isoformat() for operator, day in dates.items() if day}
        if self.near_duplicate is not None:
            conditions["near_duplicate_of"] = {"$ne": None} if self.near_duplicate else None
        if self.q is not None:
            conditions["$or"] = [{field: _contains(self.q)} for field in _SEARCHED]
        return conditions


def _contains(text: str) -> Document:
    return {"$regex": re.escape(text), "$options": "i"}
