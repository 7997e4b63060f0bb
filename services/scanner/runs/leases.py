"""Steps of a unit's holder while it works: take the lease, renew it, report progress, hand it back."""

from pymongo import ReturnDocument

from services.scanner.runs.expressions import (
    NEXT_SEQ,
    after,
    claimable,
    end_run,
    held_by,
    or_zero,
    released,
    resend_after,
    set_counters,
)
from services.scanner.runs.model import FAILED, LEASED, OPEN, Claim, Counters, Policy, Unit
from shared.mongo import Collection, Document

_HEAD_FIELDS = {
    "state": 1,
    "user_id": 1,
    "account_id": 1,
    "traceparent": 1,
    "request": 1,
    "seq": 1,
    "next": 1,
    "left": 1,
    "started": 1,
    "messages": 1,
    "totals": 1,
    "progress_high": 1,
    "end": 1,
    "settled": 1,
    "plan": 1,
    "updated_at": 1,
}


class Leases:
    """Steps that take, keep and end a lease without completing the unit.

    None or False: no document matched, so the lease is lost or the run is over. Rows of
    docs/scan-runs.md: `claim`, `fail exhausted`, `renew`, `report progress`, `return after error`,
    `return after fault`, `hand back`.
    """

    def __init__(self, runs: Collection, policy: Policy, *, owner: str) -> None:
        self._runs = runs
        self._policy = policy
        self._owner = owner

    async def read(self, task_id: str, unit: Unit) -> Document | None:
        """Return the run with this unit and without the other slices.

        `is_free` is added: whether the unit may be leased.
        """
        projection = {**_HEAD_FIELDS, unit.path: 1, "is_free": claimable(unit.path)}
        run: Document | None = await self._runs.find_one({"_id": task_id}, projection)
        return run

    async def claim(self, task_id: str, unit: Unit, *, exclusive: bool = False) -> Claim | None:
        """Lease a released unit that is open and due, or whose lease is over, and that has tries
        left.

        `exclusive`: this process works on nothing else. Only then may a suspect slice be leased, so
        that no other unit dies with it, and it dies with no other unit.
        """
        path = unit.path
        condition: Document = {
            **released(task_id, unit),
            f"{path}.tries": {"$lt": self._policy.max_tries},
            "$expr": claimable(path),
        }
        if not exclusive:
            condition[f"{path}.suspect"] = {"$ne": True}
        taken = {
            f"{path}.state": LEASED,
            f"{path}.token": {"$add": [f"${path}.token", 1]},
            f"{path}.tries": {"$add": [f"${path}.tries", 1]},
            f"{path}.owner": {"$literal": self._owner},
            f"{path}.lease_until": after(self._policy.lease_ms),
            f"{path}.nudges": 0,
            **resend_after(path, self._policy.lease_ms),
        }
        run = await self._change(condition, [{"$set": taken}], unit)
        content = None if run is None else unit.of(run)
        return None if run is None or content is None else Claim(run, unit, content["token"])

    async def fail_exhausted(self, task_id: str, unit: Unit, *, error_code: str, error: str) -> Document | None:
        """End the run as failed if its unit may be leased but has no tries left."""
        path = unit.path
        condition = {
            **released(task_id, unit),
            f"{path}.tries": {"$gte": self._policy.max_tries},
            "$expr": claimable(path),
        }
        return await self._change(
            condition, end_run(FAILED, event_fields={"error_code": error_code, "error": error}), unit
        )

    async def renew(self, claim: Claim) -> bool:
        """Renew the lease; return False once it is lost or the run is over."""
        path = claim.unit.path
        kept = {f"{path}.lease_until": after(self._policy.lease_ms), **resend_after(path, self._policy.lease_ms)}
        return await self._change(held_by(claim), [{"$set": kept}], claim.unit) is not None

    async def record_progress(self, claim: Claim, counters: Counters | None) -> Document | None:
        """Renew the lease and take a sequence number for `scan.progressed`; store a slice's
        counters.

        Progress beyond the best count so far resets tries and faults: only those without progress
        count.
        """
        path = claim.unit.path
        kept: Document = {
            f"{path}.lease_until": after(self._policy.lease_ms),
            **resend_after(path, self._policy.lease_ms),
            "seq": NEXT_SEQ,
            "updated_at": "$$NOW",
        }
        stages: list[Document] = []
        if counters is not None:
            best = {"$ifNull": [f"${path}.best", 0]}
            further = {"$gt": [counters.handled, best]}
            kept[f"{path}.tries"] = {"$cond": [further, 1, f"${path}.tries"]}
            kept[f"{path}.faults"] = {"$cond": [further, 0, or_zero(f"${path}.faults")]}
            kept[f"{path}.best"] = {"$max": [best, counters.handled]}
            stages = set_counters(path, counters)
        return await self._change(held_by(claim), [{"$set": kept}, *stages], claim.unit)

    async def return_after_error(self, claim: Claim, *, delay_s: float) -> bool:
        """End the lease after an unexpected error; the try stays used. Not to be claimed before the
        delay is over."""
        return await self._end_lease(claim, {}, delay_s=delay_s)

    async def return_after_fault(self, claim: Claim, *, delay_s: float) -> bool:
        """End the lease after a fault of the mail server: the fault is counted, and the try is
        given back."""
        path = claim.unit.path
        counted = {f"{path}.faults": {"$add": [or_zero(f"${path}.faults"), 1]}}
        return await self._end_lease(claim, {**counted, **_try_returned(path)}, delay_s=delay_s)

    async def hand_back(self, claim: Claim, *, delay_s: float = 0) -> bool:
        """End the lease without the unit being done; the try is given back."""
        return await self._end_lease(claim, _try_returned(claim.unit.path), delay_s=delay_s)

    async def _end_lease(self, claim: Claim, counted: Document, *, delay_s: float) -> bool:
        path, delay_ms = claim.unit.path, int(delay_s * 1000)
        returned = {
            **counted,
            f"{path}.state": OPEN,
            f"{path}.not_before": after(delay_ms),
            **resend_after(path, delay_ms + 2 * self._policy.lease_ms),
        }
        return await self._change(held_by(claim), [{"$set": returned}], claim.unit) is not None

    async def _change(self, condition: Document, update: list[Document], unit: Unit) -> Document | None:
        changed: Document | None = await self._runs.find_one_and_update(
            condition, update, projection={**_HEAD_FIELDS, unit.path: 1}, return_document=ReturnDocument.AFTER
        )
        return changed


def _try_returned(path: str) -> Document:
    return {f"{path}.tries": {"$max": [0, {"$subtract": [f"${path}.tries", 1]}]}}
