"""Parts of update pipelines and filters.

Time is always the database's (`$$NOW`); values from elsewhere are always `$literal`.
"""

from collections.abc import Sequence
from typing import Any

from services.scanner.runs.model import ACTIVE_STATES, COUNTER_NAMES, LEASED, OPEN, Claim, Counters, Unit
from shared.mongo import Document

NEXT_SEQ: Document = {"$add": ["$seq", 1]}
LAST_PERCENT_BEFORE_END = 99


def after(milliseconds: Any) -> Document:
    """Return the database's time `milliseconds` (a number or an expression) ahead."""
    return {"$add": ["$$NOW", milliseconds]}


def resend_after(path: str, milliseconds: int) -> Document:
    """Return the fields that make the unit's command due to be sent again after that time.

    The rescuer then has to look at the run by that time.
    """
    return {f"{path}.nudge_at": after(milliseconds), "look_at": {"$min": ["$look_at", after(milliseconds)]}}


def held_by(claim: Claim) -> Document:
    """Return the filter of all writes of a lease's holder.

    Without a match the lease is lost, or the run is over.
    """
    path = claim.unit.path
    return {
        "_id": claim.task_id,
        "state": {"$in": list(ACTIVE_STATES)},
        f"{path}.state": LEASED,
        f"{path}.token": claim.token,
    }


def lease_over(path: str) -> Document:
    """Return the expression that is true if the unit is leased and its lease has run out."""
    return {"$and": [{"$eq": [f"${path}.state", LEASED]}, {"$lt": [f"${path}.lease_until", "$$NOW"]}]}


def claimable(path: str) -> Document:
    """Return the expression that is true if the unit may be leased: open and due, or its lease is
    over."""
    due = {"$and": [{"$eq": [f"${path}.state", "open"]}, {"$lte": [f"${path}.not_before", "$$NOW"]}]}
    return {"$or": [due, lease_over(path)]}


def first_claimable_unit(*, max_tries: int, without: Sequence[str] = ()) -> Document:
    """Return the expression of the key of a run's first unit that is released and may be claimed.

    Suspect units are left out, and those in `without` (as "task/key"). Missing if there is none.
    """
    released = {
        "$filter": {
            "input": {"$objectToArray": {"$ifNull": ["$slices", {}]}},
            "as": "slice",
            "cond": {"$lt": [{"$toInt": "$$slice.k"}, "$next"]},
        }
    }
    due = {"$and": [{"$eq": ["$$unit.v.state", OPEN]}, {"$lte": ["$$unit.v.not_before", "$$NOW"]}]}
    over = {"$and": [{"$eq": ["$$unit.v.state", LEASED]}, {"$lt": ["$$unit.v.lease_until", "$$NOW"]}]}
    trusted = {"$ne": ["$$unit.v.suspect", True]}
    other = {"$not": [{"$in": [{"$concat": ["$_id", "/", "$$unit.k"]}, list(without)]}]}
    free = {
        "$filter": {
            "input": {"$concatArrays": [[{"k": "plan", "v": "$plan"}], released]},
            "as": "unit",
            "cond": {"$and": [{"$or": [due, over]}, {"$lt": ["$$unit.v.tries", max_tries]}, trusted, other]},
            "limit": 1,
        }
    }
    return {"$let": {"vars": {"free": {"$first": free}}, "in": "$$free.k"}}


def set_counters(path: str, counters: Counters) -> list[Document]:
    """Return stages that set a unit's counters, with them the run's totals by the difference, and
    the progress.

    Both are set in the same write. So the totals stay the exact sum of the counters, without adding
    up two thousand slices at each heartbeat.
    """
    new = counters.to_document()
    total = {
        f"totals.{name}": {"$add": [f"$totals.{name}", value, {"$multiply": [-1, or_zero(f"${path}.counters.{name}")]}]}
        for name, value in new.items()
    }
    handled = {"$add": ["$totals.scanned", "$totals.skipped"]}
    percent = {"$floor": {"$divide": [{"$multiply": [100, handled]}, {"$max": ["$messages", 1]}]}}
    progress = {"$toInt": {"$min": [LAST_PERCENT_BEFORE_END, percent]}}
    return [
        {"$set": {**total, f"{path}.counters": new}},
        {"$set": {"progress_high": {"$max": ["$progress_high", progress]}}},
    ]


def end_run(kind: str, *, event_fields: Document, result: Document | None = None) -> list[Document]:
    """Return stages that end a run: store what the terminal event needs, release the account and
    the slot.

    `event_fields` are plain values for the event; `result` is an expression (see `result_of`).
    """
    fields: Document = {name: {"$literal": value} for name, value in event_fields.items()}
    if result is not None:
        fields["result"] = result
    return [
        {
            "$set": {
                "state": kind,
                "seq": NEXT_SEQ,
                "end": {"kind": kind, "seq": NEXT_SEQ, "at": "$$NOW", **fields},
                "settled": False,
                "look_at": after(RESEND_MS),
                "resends": 0,
                "updated_at": "$$NOW",
            }
        },
        {"$unset": ["slot", "account_key"]},
    ]


RESEND_MS = 5_000
"""How long a terminal event may take to show in the task before it is published again; the wait
doubles each time."""


def result_of(totals: dict[str, str], *, partial: bool = False) -> Document:
    """Return the expression of a scan's result, from the run's totals.

    `totals` are the amounts by currency.
    """
    counters = {name: or_zero(f"$totals.{name}") for name in COUNTER_NAMES}
    began = {"$ifNull": ["$active_at", "$$NOW"]}
    return {
        "messages": or_zero("$messages"),
        **counters,
        "totals": {"$literal": totals},
        "duration_seconds": {"$divide": [{"$subtract": ["$$NOW", began]}, 1000]},
        "partial": {"$literal": partial},
    }


def released(task_id: str, unit: Unit) -> Document:
    """Return the filter of an active run in which this unit is released."""
    condition: Document = {"_id": task_id, "state": {"$in": list(ACTIVE_STATES)}}
    if unit.slice_number is not None:
        condition["next"] = {"$gt": unit.slice_number}
    return condition


def or_zero(field: str) -> Document:
    """Return the expression of a counter that may be missing."""
    return {"$ifNull": [field, 0]}
