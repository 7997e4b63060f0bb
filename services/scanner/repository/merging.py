"""One invoice seen in many messages: which reading's values count, and who carried it. Pure.

The record is a function of the set of readings, not of their order: the best reading by trust, confidence and place
gives the values, the earliest message the reference, and all carriers are kept, sorted.
"""

import uuid
from typing import Any, NamedTuple

from services.scanner.extract.dedupe import natural_key
from services.scanner.extract.model import ExtractedInvoice, MessageReport
from services.scanner.repository.ledger import Place
from shared.mongo import Document

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://mailtally.io/invoices")
_TRUST = {"ubl": 0, "cii": 0, "factur-x": 0, "json-ld": 1, "pdf": 2, "html": 3, "text": 4}
_READ_FIELDS = (
    "vendor",
    "vendor_tax_id",
    "invoice_number",
    "issue_date",
    "due_date",
    "currency",
    "net",
    "tax",
    "total",
    "iban",
    "kind",
    "format",
    "confidence",
    "checks",
    "evidence",
    "needs_check",
    "_rank",
)
_LAST = "\uffff"


class Reading(NamedTuple):
    """An invoice as one message tells it."""

    invoice: ExtractedInvoice
    report: MessageReport
    place: Place


def invoice_id(user_id: str, invoice: ExtractedInvoice) -> str:
    """The same for every reading of the same invoice of a user."""
    return uuid.uuid5(_NAMESPACE, f"{user_id}\n{natural_key(invoice)}").hex


def record(reading: Reading) -> Document:
    """The record as this reading alone makes it, without `_id`; amounts are still `Decimal`."""
    invoice, report, place = reading
    read = invoice.model_dump(mode="python", exclude={"carriers"})
    return {
        **read,
        "issue_date": None if invoice.issue_date is None else invoice.issue_date.isoformat(),
        "due_date": None if invoice.due_date is None else invoice.due_date.isoformat(),
        "checks": list(read["checks"]),
        "carriers": _carriers(reading),
        "message": {
            "message_id": report.message_id,
            "subject": report.subject,
            "from": report.sender,
            "date": report.date,
        },
        "_rank": _rank(invoice, place),
    }


def merge(kept: Document, new: Document) -> Document:
    """The fields of `kept` that `new` changes."""
    changes: Document = {}
    if new["_rank"] < kept["_rank"]:
        changes.update({name: new[name] for name in _READ_FIELDS})
    carriers = _sorted([*kept["carriers"], *new["carriers"]])
    if carriers != kept["carriers"]:
        changes["carriers"] = carriers
    if _earliness(new["message"]) < _earliness(kept["message"]):
        changes["message"] = new["message"]
    return changes


def _carriers(reading: Reading) -> list[Document]:
    return _sorted(
        [
            {
                "message_id": reading.report.message_id,
                "folder": reading.place.folder,
                "uid": reading.place.uid,
                "part": carrier.part,
                "filename": carrier.filename,
                "sha256": carrier.sha256,
            }
            for carrier in reading.invoice.carriers
        ]
    )


def _sorted(carriers: list[Document]) -> list[Document]:
    unique = {tuple(carrier.values()): carrier for carrier in carriers}
    return sorted(unique.values(), key=_carrier_order)


def _carrier_order(carrier: Document) -> tuple[Any, ...]:
    names = ("folder", "uid", "part", "sha256", "message_id", "filename")
    return tuple(carrier[name] if carrier[name] is not None else "" for name in names)


def _rank(invoice: ExtractedInvoice, place: Place) -> list[Any]:
    first = min(carrier.part for carrier in invoice.carriers)
    return [_TRUST[invoice.format], -invoice.confidence, place.account_id, place.folder, place.uid, first]


def _earliness(message: Document) -> tuple[str, str]:
    date = message["date"]
    return (_LAST if date is None else date.isoformat(), message["message_id"] or _LAST)
