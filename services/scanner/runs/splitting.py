"""Steps that isolate a poison message: a slice without tries left is split, or let be claimed once
more."""

from collections.abc import Sequence

from pymongo import ReturnDocument

from services.scanner.runs.expressions import claimable, released, resend_after, set_counters
from services.scanner.runs.model import COUNTER_NAMES, OPEN, Counters, Policy, Unit
from services.scanner.slices import Slice
from shared.mongo import Collection, Document

Part = tuple[Slice, Counters]
"""A part of a slice, and the counters of what has been done of it."""


class SliceSplitter:
    """Steps of the scanner that finds a slice which may be leased but has no tries left.

    False: the slice has another token by now, is held, or has tries left. Rows of
    docs/scan-runs.md: `split`, `clear`.
    """

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def count_slices(self, task_id: str) -> int:
        """Return the number of slices of a run, unreleased ones included."""
        size = {"$size": {"$objectToArray": {"$ifNull": ["$slices", {}]}}}
        run = await self._runs.find_one({"_id": task_id}, {"slices": size})
        return 0 if run is None else int(run["slices"])

    async def split(self, task_id: str, unit: Unit, token: int, parts: Sequence[Part], *, at: int) -> bool:
        """Leave the first part in the slice, and add the others as slices from number `at`, which
        must be free.

        All parts are suspect from now on. The new slices are released like any others, as slices
        before them become done.
        """
        (first, counters), *others = parts
        path = unit.path
        kept = {
            **{f"{path}.{name}": {"$literal": value} for name, value in first.to_document().items()},
            **{f"{path}.{name}": value for name, value in self._suspect(first, counters).items()},
            **resend_after(path, 2 * self._policy.lease_ms),
            "left": {"$add": ["$left", len(others)]},
            "updated_at": "$$NOW",
        }
        added: Document = {}
        for number, (piece, done) in enumerate(others, start=at):
            content = {name: {"$literal": value} for name, value in piece.to_document().items()}
            fresh = {"token": 0, "flushed": False, "counters": done.to_document()}
            added[f"slices.{number}"] = {**content, **self._suspect(piece, done), **fresh}
        moved = sum((done for _, done in others), Counters())
        totals = {f"totals.{name}": {"$add": [f"$totals.{name}", getattr(moved, name)]} for name in COUNTER_NAMES}
        condition = {
            **self._tries_over(task_id, unit, token),
            f"slices.{at - 1}": {"$exists": True},
            f"slices.{at}": {"$exists": False},
        }
        # The counters of the whole include the other parts: setting those of the first part
        # takes them away, and adding the others' brings them back.
        return await self._change(condition, [*set_counters(path, counters), {"$set": {**kept, **added, **totals}}])

    async def clear(self, task_id: str, unit: Unit, token: int) -> bool:
        """Let a slice in which nothing is left to read be claimed again; once."""
        path = unit.path
        cleared = {
            f"{path}.state": OPEN,
            f"{path}.tries": 0,
            f"{path}.cleared": True,
            f"{path}.nudges": 0,
            **resend_after(path, 2 * self._policy.lease_ms),
            "updated_at": "$$NOW",
        }
        condition = {**self._tries_over(task_id, unit, token), f"{path}.cleared": {"$ne": True}}
        return await self._change(condition, [{"$set": cleared}])

    def _suspect(self, piece: Slice, done: Counters) -> Document:
        """Return the fields of a suspect part.

        A part of several messages is split again after one more death. A single message gets a few
        tries, as the verdict skips it for good.
        """
        tries = 1 if piece.messages - done.handled > 1 else self._policy.verdict_tries
        return {
            "state": OPEN,
            "suspect": True,
            "tries": max(0, self._policy.max_tries - tries),
            "best": done.handled,
            "nudges": 0,
        }

    def _tries_over(self, task_id: str, unit: Unit, token: int) -> Document:
        return {
            **released(task_id, unit),
            f"{unit.path}.token": token,
            f"{unit.path}.tries": {"$gte": self._policy.max_tries},
            "$expr": claimable(unit.path),
        }

    async def _change(self, condition: Document, update: list[Document]) -> bool:
        changed = await self._runs.find_one_and_update(
            condition, update, projection={"_id": 1}, return_document=ReturnDocument.AFTER
        )
        return changed is not None
