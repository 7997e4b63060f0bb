"""The steps that finish a unit, and with the last one the run: plan done, slice done, failed, flushed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pymongo import ReturnDocument

from services.scanner.read_ranges import Mark
from services.scanner.runs.expressions import NEXT_SEQ, after, count, end, holder, nudged, result_of
from services.scanner.runs.model import COUNTER_NAMES, DONE, FAILED, RUNNING, Claim, Counters, Policy, Unit
from services.scanner.slices import Slice
from shared.mongo import Collection, Document


class Standing(NamedTuple):
    """How far a run is, as read: `left` slices are not done; `release` is the one that the next done slice releases."""

    left: int
    release: int | None


class Completion:
    """The finishing rows of `the holder of token T`. None means: the lease is lost, or the run is over."""

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def plan_done(
        self,
        claim: Claim,
        slices: Sequence[Slice],
        *,
        messages: int,
        skipped: int,
        estimated_s: float,
        marks: Sequence[Mark] = (),
        fetched: int = 0,
    ) -> Document | None:
        """Store the plan and release the first slices. Without any slice the same write ends the run."""
        released = min(self._policy.window, len(slices))
        plan: Document = {
            "state": RUNNING,
            "seq": NEXT_SEQ,
            "updated_at": "$$NOW",
            "messages": messages,
            "totals": {**dict.fromkeys(COUNTER_NAMES, 0), "skipped": skipped, "bytes_fetched": fetched},
            "progress_high": 0,
            "next": released,
            "left": len(slices),
            "slices": self._units(slices, released),
            "started": {
                "seq": NEXT_SEQ,
                "at": "$$NOW",
                "messages_total": messages,
                "estimated_duration": estimated_s,
            },
            "marks": {"$literal": [mark.to_document() for mark in marks]},
            **self._finished("plan"),
        }
        stages: list[Document] = [{"$set": plan}]
        if not slices:
            stages += end(DONE, told={}, result=result_of({}))
        return await self._change(holder(claim), stages, claim.unit)

    async def slice_done(self, claim: Claim, counters: Counters, standing: Standing) -> Document | None:
        """Finish a slice while others are left, and release the next one if there is one; None also if the run is
        not where `standing` says any more."""
        path = claim.unit.path
        finished: Document = {
            **self._finished(path),
            "left": {"$subtract": ["$left", 1]},
            "seq": NEXT_SEQ,
            "updated_at": "$$NOW",
        }
        condition = {**holder(claim), "left": {"$gt": 1}}
        if standing.release is not None:
            condition["next"] = standing.release
            # Due like any released slice: its command may get lost after it was stored.
            finished |= {
                f"{path}.released": standing.release,
                f"slices.{standing.release}.nudge_at": after(2 * self._policy.lease_ms),
                "next": standing.release + 1,
            }
        return await self._change(condition, [*count(path, counters), {"$set": finished}], claim.unit)

    async def last_slice_done(self, claim: Claim, counters: Counters, totals: dict[str, str]) -> Document | None:
        """Finish the last slice and with it the run: one write, so that nothing can come in between."""
        path = claim.unit.path
        stages = [
            *count(path, counters),
            {"$set": {**self._finished(path), "left": 0}},
            *end(DONE, told={}, result=result_of(totals)),
        ]
        return await self._change({**holder(claim), "left": 1}, stages, claim.unit)

    async def standing(self, claim: Claim) -> Standing | None:
        """How far the run is, this slice not being done; None once the lease is lost."""
        slices = {"$size": {"$objectToArray": "$slices"}}
        run = await self._runs.find_one(holder(claim), {"left": 1, "next": 1, "slices": slices})
        if run is None:
            return None
        return Standing(run["left"], run["next"] if run["next"] < run["slices"] else None)

    async def fail(self, claim: Claim, *, error_code: str, error: str) -> Document | None:
        """End the run because of what the holder found."""
        stages = end(FAILED, told={"error_code": error_code, "error": error})
        return await self._change(holder(claim), stages, claim.unit)

    async def flushed(self, task_id: str, unit: Unit) -> None:
        """Note that all that the unit's end had to publish is published."""
        condition = {"_id": task_id, "state": RUNNING, f"{unit.path}.state": "done"}
        await self._runs.update_one(condition, {"$set": {f"{unit.path}.flushed": True}})

    async def unclaimed(self, task_id: str, numbers: Sequence[int]) -> list[int]:
        """Which of these slices nobody has taken yet."""
        run = await self._runs.find_one({"_id": task_id}, {f"slices.{number}": 1 for number in numbers} or {"_id": 1})
        slices: dict[str, Any] = {} if run is None else run.get("slices", {})
        return [n for n in numbers if str(n) in slices and _untouched(slices[str(n)])]

    async def marks(self, task_id: str) -> list[Document]:
        """How far the plan has listed each folder."""
        run = await self._runs.find_one({"_id": task_id}, {"marks": 1})
        return [] if run is None else run.get("marks", [])

    def _units(self, slices: Sequence[Slice], released: int) -> Document:
        """The slices as a map by number: unlike an array's, its paths mean the same in filters and in pipelines."""
        fresh = {"state": "open", "token": 0, "tries": 0, "nudges": 0, "flushed": False}
        units: Document = {}
        for number, piece in enumerate(slices):
            units[str(number)] = {**fresh, **{name: {"$literal": value} for name, value in piece.to_document().items()}}
            if number < released:
                units[str(number)]["nudge_at"] = after(2 * self._policy.lease_ms)
        return units or {"$literal": {}}

    def _finished(self, path: str) -> Document:
        return {f"{path}.state": "done", f"{path}.nudges": 0, **nudged(path, self._policy.lease_ms)}

    async def _change(self, condition: Document, update: list[Document], unit: Unit) -> Document | None:
        projection = {"slices": 0} if unit.slice_number is None else {**_TOLD, unit.path: 1}
        changed: Document | None = await self._runs.find_one_and_update(
            condition, update, projection=projection, return_document=ReturnDocument.AFTER
        )
        return changed


_TOLD = dict.fromkeys(
    (
        "state",
        "user_id",
        "account_id",
        "seq",
        "updated_at",
        "messages",
        "totals",
        "progress_high",
        "traceparent",
        "started",
        "plan",
        "end",
        "settled",
        "next",
    ),
    1,
)


def _untouched(unit: Document) -> bool:
    return bool(unit["state"] == "open" and unit["token"] == 0)
