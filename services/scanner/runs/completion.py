"""Steps that complete a unit, and with the last one the run: plan done, slice done, run failed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pymongo import ReturnDocument

from services.scanner.read_ranges import FolderScanned
from services.scanner.runs.expressions import NEXT_SEQ, after, end_run, held_by, resend_after, result_of, set_counters
from services.scanner.runs.model import COUNTER_NAMES, DONE, FAILED, RUNNING, Claim, Counters, Policy, Unit
from services.scanner.slices import Slice
from shared.mongo import Collection, Document


class SlicesLeft(NamedTuple):
    """Progress of a run as read: `left` slices are not done, and the next slice that becomes done
    releases the slice `release` (None: all are released)."""

    left: int
    release: int | None


class Completion:
    """Steps of a holder that complete its unit. They return None if the lease is lost or the run is
    over.

    Rows of docs/scan-runs.md: `plan done`, `slice done`, `last slice done`, `fail`, `announce
    unit`.
    """

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self.policy = policy

    async def complete_plan(
        self,
        claim: Claim,
        slices: Sequence[Slice],
        *,
        messages: int,
        skipped: int,
        estimated_s: float,
        folders: Sequence[FolderScanned] = (),
        fetched: int = 0,
    ) -> Document | None:
        """Store the plan and release the first slices. Without any slice the same write ends the
        run."""
        released = min(self.policy.window, len(slices))
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
            "marks": {"$literal": [folder.to_document() for folder in folders]},
            **self._done("plan"),
        }
        stages: list[Document] = [{"$set": plan}]
        if not slices:
            stages += end_run(DONE, event_fields={}, result=result_of({}))
        return await self._change(held_by(claim), stages, claim.unit)

    async def complete_slice(self, claim: Claim, counters: Counters, remaining: SlicesLeft) -> Document | None:
        """Complete a slice while others are left, and release the next one if there is one.

        Returns None also if the run is no longer where `remaining` says.
        """
        path = claim.unit.path
        done: Document = {
            **self._done(path),
            "left": {"$subtract": ["$left", 1]},
            "seq": NEXT_SEQ,
            "updated_at": "$$NOW",
        }
        condition = {**held_by(claim), "left": {"$gt": 1}}
        if remaining.release is not None:
            condition["next"] = remaining.release
            # Due like any released slice: its command may get lost after it was stored.
            done |= {
                f"{path}.released": remaining.release,
                f"slices.{remaining.release}.nudge_at": after(2 * self.policy.lease_ms),
                "next": remaining.release + 1,
            }
        return await self._change(condition, [*set_counters(path, counters), {"$set": done}], claim.unit)

    async def complete_last_slice(self, claim: Claim, counters: Counters, totals: dict[str, str]) -> Document | None:
        """Complete the last slice and with it the run: one write, so that nothing can come in
        between."""
        path = claim.unit.path
        stages = [
            *set_counters(path, counters),
            {"$set": {**self._done(path), "left": 0}},
            *end_run(DONE, event_fields={}, result=result_of(totals)),
        ]
        return await self._change({**held_by(claim), "left": 1}, stages, claim.unit)

    async def slices_left(self, claim: Claim) -> SlicesLeft | None:
        """Return how many slices are left, this one included; None once the lease is lost."""
        slices = {"$size": {"$objectToArray": "$slices"}}
        run = await self._runs.find_one(held_by(claim), {"left": 1, "next": 1, "slices": slices})
        if run is None:
            return None
        return SlicesLeft(run["left"], run["next"] if run["next"] < run["slices"] else None)

    async def fail(self, claim: Claim, *, error_code: str, error: str) -> Document | None:
        """End the run as failed because of what the holder met."""
        stages = end_run(FAILED, event_fields={"error_code": error_code, "error": error})
        return await self._change(held_by(claim), stages, claim.unit)

    async def mark_announced(self, task_id: str, unit: Unit) -> None:
        """Record that everything that follows the done unit is published."""
        condition = {"_id": task_id, "state": RUNNING, f"{unit.path}.state": "done"}
        await self._runs.update_one(condition, {"$set": {f"{unit.path}.flushed": True}})

    async def unclaimed_slices(self, task_id: str, numbers: Sequence[int]) -> list[int]:
        """Return those of these slices that no scanner has claimed yet."""
        run = await self._runs.find_one({"_id": task_id}, {f"slices.{number}": 1 for number in numbers} or {"_id": 1})
        slices: dict[str, Any] = {} if run is None else run.get("slices", {})
        return [n for n in numbers if str(n) in slices and _is_unclaimed(slices[str(n)])]

    async def folders_scanned(self, task_id: str) -> list[Document]:
        """Return how far the plan has listed each folder, as `FolderScanned.to_document` gives it."""
        run = await self._runs.find_one({"_id": task_id}, {"marks": 1})
        return [] if run is None else run.get("marks", [])

    def _units(self, slices: Sequence[Slice], released: int) -> Document:
        """Return the slices as a map by number: unlike an array's, its paths mean the same in
        filters and in pipelines."""
        fresh = {"state": "open", "token": 0, "tries": 0, "nudges": 0, "flushed": False}
        units: Document = {}
        for number, piece in enumerate(slices):
            units[str(number)] = {**fresh, **{name: {"$literal": value} for name, value in piece.to_document().items()}}
            if number < released:
                units[str(number)]["nudge_at"] = after(2 * self.policy.lease_ms)
        return units or {"$literal": {}}

    def _done(self, path: str) -> Document:
        return {f"{path}.state": "done", f"{path}.nudges": 0, **resend_after(path, self.policy.lease_ms)}

    async def _change(self, condition: Document, update: list[Document], unit: Unit) -> Document | None:
        projection = {"slices": 0} if unit.slice_number is None else {**_EVENT_FIELDS, unit.path: 1}
        changed: Document | None = await self._runs.find_one_and_update(
            condition, update, projection=projection, return_document=ReturnDocument.AFTER
        )
        return changed


_EVENT_FIELDS = dict.fromkeys(
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


def _is_unclaimed(unit: Document) -> bool:
    return bool(unit["state"] == "open" and unit["token"] == 0)
