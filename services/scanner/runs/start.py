"""The steps that let a run in: inserted, refused because its account is busy, or started in a free slot of its user."""

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.scanner.runs.expressions import NEXT_SEQ, after, end, result_of
from services.scanner.runs.model import ANNOUNCED, CANCELLED, OPEN_STATES, PLANNING, WAITING, Policy
from shared.events import ScanRequested, utc_now
from shared.mongo import Collection, Document
from shared.observability.tracing import current_traceparent


class AccountBusy(Exception):
    """Another open run holds the account."""


class Admission:
    """Rows `requested` and `start_next` of the protocol; no method reads before it writes what depends on it."""

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def find(self, task_id: str) -> Document | None:
        """The run without its slices."""
        found: Document | None = await self._runs.find_one({"_id": task_id}, {"slices": 0})
        return found

    async def insert_waiting(self, request: ScanRequested) -> bool:
        """Let the run in; it holds its account from now on. False if the run exists. Raises `AccountBusy`."""
        run = {**_identity(request), "state": WAITING, "account_key": request.account_id, "seq": 0}
        run["look_at"] = run["created_at"]
        try:
            await self._runs.insert_one(run)
        except DuplicateKeyError as error:
            if "account_key" in _broken_key(error):
                raise AccountBusy from None
            return False
        return True

    async def holder_of(self, account_id: str) -> str | None:
        """The open run of an account."""
        holder = await self._runs.find_one({"account_key": account_id}, {"_id": 1})
        return None if holder is None else str(holder["_id"])

    async def insert_refused(self, request: ScanRequested, reason: str) -> bool:
        """Record a run that ends before it began; False if the run exists by now."""
        stages = [{"$set": {**_literally(request), "seq": 0}}, *end(CANCELLED, told={"reason": reason})]
        try:
            # The filter matches no run, so that the database's time can be written by what is an insert.
            await self._runs.update_one({"_id": request.task_id, "state": {"$exists": False}}, stages, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def end_announced(self, request: ScanRequested) -> Document | None:
        """The cancel came before the request: end the run now that it is known whose it is."""
        reason = {"$ifNull": ["$cancel_reason", "cancelled"]}
        update = [
            {"$set": _literally(request)},
            *end(CANCELLED, told={}, result=result_of({}, partial=True)),
            {"$set": {"end.reason": reason}},
        ]
        return await self._change({"_id": request.task_id, "state": ANNOUNCED}, update)

    async def next_sequence(self, task_id: str, states: tuple[str, ...]) -> Document | None:
        """Take a sequence number for an event of a run that is in one of `states`."""
        update = [{"$set": {"seq": NEXT_SEQ, "updated_at": "$$NOW"}}]
        return await self._change({"_id": task_id, "state": {"$in": list(states)}}, update)

    async def oldest_waiting(self, user_id: str) -> str | None:
        """The waiting run of a user that is to start next."""
        order = [("request.requested_at", 1), ("_id", 1)]
        run = await self._runs.find_one({"user_id": user_id, "state": WAITING}, {"_id": 1}, sort=order)
        return None if run is None else str(run["_id"])

    async def start_in_slot(self, task_id: str) -> tuple[Document | None, bool]:
        """Move a waiting run into the first free slot of its user.

        Returns the started run, and whether a slot was free: without a run and with a free slot, somebody else moved
        the run; without both, the user is at the limit.
        """
        turn = await self._turn_of_user(task_id)
        for slot in range(self._policy.slots):
            started = {
                **turn,
                "state": PLANNING,
                "slot": slot,
                "active_at": "$$NOW",
                "updated_at": "$$NOW",
                "plan": {
                    "state": "open",
                    "token": 0,
                    "tries": 0,
                    "nudges": 0,
                    "flushed": False,
                },
            }
            lease_ms = self._policy.lease_ms
            due = {"plan.nudge_at": after(2 * lease_ms), "look_at": after(lease_ms)}
            try:
                return await self._change({"_id": task_id, "state": WAITING}, [{"$set": started}, {"$set": due}]), True
            except DuplicateKeyError:
                continue
        return None, False

    async def open_runs(self, user_id: str, *, at_most: int) -> int:
        """How many runs of a user wait or are under way, counted as far as `at_most`."""
        return await self._runs.count_documents(
            {"user_id": user_id, "state": {"$in": list(OPEN_STATES)}}, limit=at_most
        )

    async def _turn_of_user(self, task_id: str) -> Document:
        """A run that starts waits for its user's turn like the user's others; a user without any comes first."""
        run = await self._runs.find_one({"_id": task_id}, {"user_id": 1})
        condition = {"user_id": (run or {}).get("user_id"), "slot": {"$exists": True}, "turn": {"$exists": True}}
        served = await self._runs.find_one(condition, {"turn": 1}, sort=[("turn", -1)])
        return {} if served is None else {"turn": served["turn"]}

    async def announce_cancel(self, task_id: str, reason: str) -> bool:
        """Remember a cancel whose request has not been seen; False if the run exists by now."""
        run = {"_id": task_id, "state": ANNOUNCED, "seq": 0, "cancel_reason": reason, "created_at": utc_now()}
        try:
            await self._runs.insert_one(run)
        except DuplicateKeyError:
            return False
        return True

    async def cancel(self, task_id: str, reason: str, totals: dict[str, str]) -> Document | None:
        """End an open run as cancelled; its holders find out at their next write."""
        stages = end(CANCELLED, told={"reason": reason}, result=result_of(totals, partial=True))
        return await self._change({"_id": task_id, "state": {"$in": list(OPEN_STATES)}}, stages)

    async def _change(self, condition: Document, update: list[Document]) -> Document | None:
        changed: Document | None = await self._runs.find_one_and_update(
            condition, update, projection={"slices": 0}, return_document=ReturnDocument.AFTER
        )
        return changed


def _identity(request: ScanRequested) -> Document:
    asked: Document = {
        "scan_type": request.scan_type,
        "months": request.months,
        "full": request.full,
        "requested_at": request.requested_at,
    }
    identity: Document = {
        "_id": request.task_id,
        "user_id": request.user_id,
        "account_id": request.account_id,
        "request": asked,
        "created_at": utc_now(),
    }
    trace = current_traceparent()  # the request's own: whoever handles it works on its trace
    return identity if trace is None else {**identity, "traceparent": trace}


def _literally(request: ScanRequested) -> Document:
    """The identity for a pipeline, where text that looks like an expression must not be one."""
    return {name: {"$literal": value} for name, value in _identity(request).items() if name != "_id"}


def _broken_key(error: DuplicateKeyError) -> Document:
    pattern: Document = (error.details or {}).get("keyPattern", {})
    return pattern
