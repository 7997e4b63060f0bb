"""Pieces of the update pipelines. Time is always the database's (`$$NOW`); foreign values are always `$literal`."""

from typing import Any

from services.scanner.runs.model import ACTIVE_STATES, COUNTER_NAMES, LEASED, Claim, Counters
from shared.mongo import Document

NEXT_SEQ: Document = {"$add": ["$seq", 1]}
LAST_PERCENT_BEFORE_END = 99


def after(milliseconds: Any) -> Document:
    """The database's time that lies `milliseconds` (a number or an expression) ahead."""
    return {"$add": ["$$NOW", milliseconds]}


def holder(claim: Claim) -> Document:
    """The filter of all that the holder of a lease writes; without a match the lease is lost, or the run is over."""
    path = claim.unit.path
    return {
        "_id": claim.task_id,
        "state": {"$in": list(ACTIVE_STATES)},
        f"{path}.state": LEASED,
        f"{path}.token": claim.token,
    }


def lease_over(path: str) -> Document:
    """Whether nobody holds the unit validly although it is leased."""
    return {"$and": [{"$eq": [f"${path}.state", LEASED]}, {"$lt": [f"${path}.lease_until", "$$NOW"]}]}


def claimable(path: str) -> Document:
    """Whether the unit's lease may be taken: open and due, or its lease is over."""
    due = {"$and": [{"$eq": [f"${path}.state", "open"]}, {"$lte": [f"${path}.not_before", "$$NOW"]}]}
    return {"$or": [due, lease_over(path)]}


def count(path: str, counters: Counters) -> list[Document]:
    """Stages that set a unit's counters, and with them the run's totals by the difference, and the progress.

    Setting the totals beside the counters in the same write keeps them their exact sum, without adding up two
    thousand slices at each tick.
    """
    new = {name: getattr(counters, name) for name in COUNTER_NAMES}
    total = {
        f"totals.{name}": {
            "$add": [f"$totals.{name}", value, {"$multiply": [-1, _or_zero(f"${path}.counters.{name}")]}]
        }
        for name, value in new.items()
    }
    handled = {"$add": ["$totals.scanned", "$totals.skipped"]}
    percent = {"$floor": {"$divide": [{"$multiply": [100, handled]}, {"$max": ["$messages", 1]}]}}
    progress = {"$toInt": {"$min": [LAST_PERCENT_BEFORE_END, percent]}}
    return [
        {"$set": {**total, f"{path}.counters": new}},
        {"$set": {"progress_high": {"$max": ["$progress_high", progress]}}},
    ]


def end(kind: str, *, told: Document, result: Document | None = None) -> list[Document]:
    """Stages that end a run for good: all that the terminal event needs, and the account and the slot are free.

    `told` are plain values for the event; `result` is an expression (see `result_of`).
    """
    fields: Document = {name: {"$literal": value} for name, value in told.items()}
    if result is not None:
        fields["result"] = result
    return [
        {
            "$set": {
                "state": kind,
                "seq": NEXT_SEQ,
                "end": {"kind": kind, "seq": NEXT_SEQ, "at": "$$NOW", **fields},
                "settled": False,
                "resend_at": after(RESEND_MS),
                "resends": 0,
                "updated_at": "$$NOW",
            }
        },
        {"$unset": ["slot", "account_key"]},
    ]


RESEND_MS = 5_000
"""How long a terminal event may take to show in the task before it is published again; doubles each time."""


def result_of(totals: dict[str, str], *, partial: bool = False) -> Document:
    """The expression of a scan's result from the run's totals; `totals` are the amounts by currency."""
    counters = {name: _or_zero(f"$totals.{name}") for name in COUNTER_NAMES}
    began = {"$ifNull": ["$active_at", "$$NOW"]}
    return {
        "messages": _or_zero("$messages"),
        **counters,
        "totals": {"$literal": totals},
        "duration_seconds": {"$divide": [{"$subtract": ["$$NOW", began]}, 1000]},
        "partial": {"$literal": partial},
    }


def _or_zero(field: str) -> Document:
    return {"$ifNull": [field, 0]}
