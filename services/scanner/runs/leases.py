"""The steps of a unit's holder while it works: take the lease, keep it, show progress, give it back."""

from pymongo import ReturnDocument

from services.scanner.runs.expressions import NEXT_SEQ, after, claimable, count, end, holder, nudged, or_zero, released
from services.scanner.runs.model import FAILED, LEASED, OPEN, Claim, Counters, Policy, Unit
from shared.mongo import Collection, Document

_HEAD = {
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
    """Rows `command` and `the holder of token T`, except those that finish the unit. None: no match, look again."""

    def __init__(self, runs: Collection, policy: Policy, *, owner: str) -> None:
        self._runs = runs
        self._policy = policy
        self._owner = owner

    async def look(self, task_id: str, unit: Unit) -> Document | None:
        """The run with this unit and the head of the document, without the other slices; `is_free`: nobody holds it."""
        projection = {**_HEAD, unit.path: 1, "is_free": claimable(unit.path)}
        found: Document | None = await self._runs.find_one({"_id": task_id}, projection)
        return found

    async def claim(self, task_id: str, unit: Unit, *, alone: bool = False) -> Claim | None:
        """Take the lease of a released unit that is open and due, or whose lease is over, and that has tries left.

        `alone`: nothing else is under way in this process. Only then may a suspected slice be taken, so that nobody
        else dies with it, and it with nobody else.
        """
        path = unit.path
        condition: Document = {
            **released(task_id, unit),
            f"{path}.tries": {"$lt": self._policy.max_tries},
            "$expr": claimable(path),
        }
        if not alone:
            condition[f"{path}.suspect"] = {"$ne": True}
        taken = {
            f"{path}.state": LEASED,
            f"{path}.token": {"$add": [f"${path}.token", 1]},
            f"{path}.tries": {"$add": [f"${path}.tries", 1]},
            f"{path}.owner": {"$literal": self._owner},
            f"{path}.lease_until": after(self._policy.lease_ms),
            f"{path}.nudges": 0,
            **nudged(path, self._policy.lease_ms),
        }
        run = await self._change(condition, [{"$set": taken}], unit)
        content = None if run is None else unit.of(run)
        return None if run is None or content is None else Claim(run, unit, content["token"])

    async def exhaust(self, task_id: str, unit: Unit, *, error_code: str, error: str) -> Document | None:
        """End the run whose unit is free to take but has no try left."""
        path = unit.path
        condition = {
            **released(task_id, unit),
            f"{path}.tries": {"$gte": self._policy.max_tries},
            "$expr": claimable(path),
        }
        return await self._change(condition, end(FAILED, told={"error_code": error_code, "error": error}), unit)

    async def renew(self, claim: Claim) -> bool:
        """Keep the lease; False once it is lost or the run is over."""
        path = claim.unit.path
        kept = {f"{path}.lease_until": after(self._policy.lease_ms), **nudged(path, self._policy.lease_ms)}
        return await self._change(holder(claim), [{"$set": kept}], claim.unit) is not None

    async def tick(self, claim: Claim, counters: Counters | None) -> Document | None:
        """Keep the lease and take a sequence number for `scan.progressed`; a slice also stores its counters.

        Going beyond the best count so far sets the tries back: only tries without progress count.
        """
        path = claim.unit.path
        kept: Document = {
            f"{path}.lease_until": after(self._policy.lease_ms),
            **nudged(path, self._policy.lease_ms),
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
            stages = count(path, counters)
        return await self._change(holder(claim), [{"$set": kept}, *stages], claim.unit)

    async def retry_later(self, claim: Claim, *, delay_s: float) -> bool:
        """Give the unit back after a bug, not to be taken before the delay is over; the try is used."""
        return await self._give_back(claim, {}, delay_s=delay_s)

    async def retry_after_fault(self, claim: Claim, *, delay_s: float) -> bool:
        """Give the unit back after a fault of the mailbox; that is counted, and the try is given back."""
        path = claim.unit.path
        counted = {f"{path}.faults": {"$add": [or_zero(f"${path}.faults"), 1]}}
        return await self._give_back(claim, {**counted, **_try_given_back(path)}, delay_s=delay_s)

    async def hand_back(self, claim: Claim, *, delay_s: float = 0) -> bool:
        """Give the unit back unharmed; the try is given back too."""
        return await self._give_back(claim, _try_given_back(claim.unit.path), delay_s=delay_s)

    async def _give_back(self, claim: Claim, counted: Document, *, delay_s: float) -> bool:
        path, delay_ms = claim.unit.path, int(delay_s * 1000)
        given = {
            **counted,
            f"{path}.state": OPEN,
            f"{path}.not_before": after(delay_ms),
            **nudged(path, delay_ms + 2 * self._policy.lease_ms),
        }
        return await self._change(holder(claim), [{"$set": given}], claim.unit) is not None

    async def _change(self, condition: Document, update: list[Document], unit: Unit) -> Document | None:
        changed: Document | None = await self._runs.find_one_and_update(
            condition, update, projection={**_HEAD, unit.path: 1}, return_document=ReturnDocument.AFTER
        )
        return changed


def _try_given_back(path: str) -> Document:
    return {f"{path}.tries": {"$max": [0, {"$subtract": [f"${path}.tries", 1]}]}}
