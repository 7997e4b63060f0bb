"""Merge of the readings of one invoice: whose values count, and which messages carry it. Pure.

The record is a function of the set of readings, not of their order: the best reading by trust,
confidence and place gives the values, the earliest message the reference, and all carriers are
kept, sorted.
"""

import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.scanner.extract.dedupe import (
    full_key,
    names_overlap,
    national_tax_number,
    natural_key,
    near_duplicate_keys,
)
from services.scanner.extract.formats import STRUCTURED, TRUST
from services.scanner.extract.model import ExtractedInvoice, MessageReport
from services.scanner.repository.ledger import Place
from shared.invoice_fields import InvoiceFields
from shared.mongo import Document

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://mailtally.io/invoices")
_READ_FIELDS = (*InvoiceFields.model_fields, "confidence", "checks", "evidence", "needs_check", "_rank")
_CARRIER_FIELDS = ("folder", "uid", "part", "sha256", "message_id", "filename")
_NO_RANK = [max(TRUST.values()) + 1]
"""After every reading's: the next reading gives the values."""
_LAST = "\uffff"


@dataclass(frozen=True)
class Reading:
    """An invoice as one message states it."""

    invoice: ExtractedInvoice
    report: MessageReport
    place: Place

    @cached_property
    def ids(self) -> tuple[str, str]:
        """Return `invoice_ids` of the reading."""
        return invoice_ids(self.place.user_id, self.invoice)

    @cached_property
    def record(self) -> Document:
        """Return the record as this reading alone makes it, without `_id`.

        Amounts are still `Decimal`. Must not be changed.
        """
        return _record(self)


def invoice_ids(user_id: str, invoice: ExtractedInvoice) -> tuple[str, str]:
    """Return the shared and the own id of an invoice; they may be the same.

    All readings of an invoice of a user have the shared id. The own id is for an invoice whose
    number and total another invoice has, which took the shared one.
    """
    return _id(user_id, natural_key(invoice)), _id(user_id, full_key(invoice))


def alike_tokens(user_id: str, invoice: ExtractedInvoice) -> list[str]:
    """Return the tokens of which near duplicates of the same user have one in common."""
    return [_id(user_id, key) for key in near_duplicate_keys(invoice)]


def is_another(kept: Document, reading: Reading) -> bool:
    """Return whether a record with the reading's number and total is of another invoice.

    It is if a value that both state differs.
    """
    if any(_is_carrier(carrier, reading) for carrier in kept["carriers"]):
        return False  # read from there before, and merged
    invoice = reading.invoice
    issued = None if invoice.issue_date is None else invoice.issue_date.isoformat()
    if _differ(kept["issue_date"], issued) or _differ(kept["currency"], invoice.currency):
        return True
    if kept["vendor_tax_id"] and invoice.vendor_tax_id:
        return national_tax_number(kept["vendor_tax_id"]) != national_tax_number(invoice.vendor_tax_id)
    stated_as_data = kept["format"] in STRUCTURED and invoice.format in STRUCTURED
    return stated_as_data and not names_overlap(kept["vendor"] or "", invoice.vendor or "")


def _differ(first: str | None, second: str | None) -> bool:
    return first is not None and second is not None and first != second


def _is_carrier(carrier: Document, reading: Reading) -> bool:
    return reading.place.key in carrier.get("_places", ())


def _id(user_id: str, key: str) -> str:
    return uuid.uuid5(_NAMESPACE, f"{user_id}\n{key}").hex


def _record(reading: Reading) -> Document:
    invoice, report, place = reading.invoice, reading.report, reading.place
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
        "_alike": sorted(alike_tokens(place.user_id, invoice)),
    }


def merge(kept: Document, new: Document) -> Document:
    """Return the fields of `kept` that `new` changes."""
    changes: Document = {}
    if new["_rank"] < kept["_rank"]:
        changes.update({name: new[name] for name in _READ_FIELDS})
    carriers = _sorted([*owned(kept), *new["carriers"]])
    if carriers != kept["carriers"]:
        changes["carriers"] = carriers
    if _earliness(new["message"]) < _earliness(kept["message"]):
        changes["message"] = new["message"]
    alike = sorted({*kept.get("_alike", ()), *new["_alike"]})
    if alike != kept.get("_alike"):
        changes["_alike"] = alike
    return changes


def without_account(document: Document, account_id: str) -> Document | None:
    """Return the fields of a record that change when an account of its user goes.

    Returns None when no other account carries the invoice. The values stay, as they are those of
    the same invoice. If the document that they were read from is gone, its evidence goes too, and
    the next reading of another carrier gives the values anew. `message` and the account are left to
    the caller: the ledger knows which message is left.
    """
    prefix = place_of_account(account_id)
    carriers = []
    for carrier in owned(document):
        places = [place for place in carrier["_places"] if not place.startswith(prefix)]
        if places:
            carriers.append({**carrier, "_places": places})
    if not carriers:
        return None
    rank = document["_rank"]
    if rank[2:3] != [account_id]:  # another account's reading, or none's any more
        return {"carriers": carriers}
    read = {carrier["sha256"] for carrier in document["carriers"] if _rank_of(carrier) == rank[3:]}
    same = [carrier for carrier in carriers if carrier["sha256"] in read]
    if not same:
        return {"carriers": carriers, "evidence": {}, "_rank": _NO_RANK}
    place = min([account_of_place(carrier["_places"][0]), *_rank_of(carrier)] for carrier in same)
    return {"carriers": carriers, "_rank": [*rank[:2], *place]}


def owned(document: Document) -> list[Document]:
    """Return the carriers of a stored record, each with `_places`, the ledger keys of its messages.

    Carriers of an older version have none; they are in the account that the record was found in.
    """
    unknown = [place_of_account(document.get("account_id", ""))]
    return [{**carrier, "_places": carrier.get("_places", unknown)} for carrier in document["carriers"]]


def place_of_account(account_id: str) -> str:
    """Return the prefix of the keys of all messages of an account."""
    return f"{account_id}/"


def account_of_place(place: str) -> str:
    """Return the account of a message, from its key."""
    return place.partition("/")[0]


def _rank_of(carrier: Document) -> list[Any]:
    return [carrier["folder"], carrier["uid"], carrier["part"]]


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
                "_places": [reading.place.key],
            }
            for carrier in reading.invoice.carriers
        ]
    )


def _sorted(carriers: list[Document]) -> list[Document]:
    unique: dict[tuple[Any, ...], Document] = {}
    for carrier in carriers:
        key = tuple(carrier[name] for name in _CARRIER_FIELDS)
        places = {*carrier["_places"], *unique.get(key, carrier)["_places"]}
        unique[key] = {**carrier, "_places": sorted(places)}
    return sorted(unique.values(), key=_carrier_order)


def _carrier_order(carrier: Document) -> tuple[Any, ...]:
    return tuple(carrier[name] if carrier[name] is not None else "" for name in _CARRIER_FIELDS)


def _rank(invoice: ExtractedInvoice, place: Place) -> list[Any]:
    first = min(carrier.part for carrier in invoice.carriers)
    return [TRUST[invoice.format], -invoice.confidence, place.account_id, place.folder, place.uid, first]


def _earliness(message: Document) -> tuple[str, str]:
    date = message["date"]
    return (_LAST if date is None else date.isoformat(), message["message_id"] or _LAST)
