"""Steps that admit a run: inserted, refused because its account is busy, started in a slot,
cancelled."""

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.scanner.runs.expressions import NEXT_SEQ, after, end_run, result_of
from services.scanner.runs.model import CANCELLED, CANCELLED_BEFORE_REQUEST, OPEN_STATES, PLANNING, WAITING, Policy
from shared.events import ScanRequested, utc_now
from shared.mongo import Collection, Document
from shared.observability.tracing import current_traceparent


class AccountBusyError(Exception):
    """Another open run has the account."""


class RunAdmission:
    """Steps of a run as a whole; no method reads before it writes what depends on the read.

    Rows of docs/scan-runs.md: `admit`, `refuse`, `cancel before request`, `end before start`,
    `number`, `start`, `cancel`.
    """

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def find(self, task_id: str) -> Document | None:
        """Return the run without its slices."""
        run: Document | None = await self._runs.find_one({"_id": task_id}, {"slices": 0})
        return run

    async def insert_waiting(self, request: ScanRequested) -> bool:
        """Insert the run as waiting; it has its account from now on.

        Returns False if the run exists. Raises `AccountBusyError`.
        """
        run = {**_identity(request), "state": WAITING, "account_key": request.account_id, "seq": 0}
        run["look_at"] = run["created_at"]
        try:
            await self._runs.insert_one(run)
        except DuplicateKeyError as error:
            if "account_key" in _broken_key(error):
                raise AccountBusyError from None
            return False
        return True

    async def open_run_of_account(self, account_id: str) -> str | None:
        """Return the task id of the account's open run."""
        run = await self._runs.find_one({"account_key": account_id}, {"_id": 1})
        return None if run is None else str(run["_id"])

    async def insert_refused(self, request: ScanRequested, reason: str) -> bool:
        """Insert a run that ends before it began; return False if the run exists by now."""
        stages = [{"$set": {**_literally(request), "seq": 0}}, *end_run(CANCELLED, event_fields={"reason": reason})]
        try:
            # An insert as an update whose filter matches no run, to write the database's time.
            await self._runs.update_one({"_id": request.task_id, "state": {"$exists": False}}, stages, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def end_cancelled_before_request(self, request: ScanRequested) -> Document | None:
        """End a run whose cancel came before its request, now that its user and account are known."""
        reason = {"$ifNull": ["$cancel_reason", "cancelled"]}
        update = [
            {"$set": _literally(request)},
            *end_run(CANCELLED, event_fields={}, result=result_of({}, partial=True)),
            {"$set": {"end.reason": reason}},
        ]
        return await self._change({"_id": request.task_id, "state": CANCELLED_BEFORE_REQUEST}, update)

    async def next_sequence(self, task_id: str, states: tuple[str, ...]) -> Document | None:
        """Take a sequence number for an event of a run that is in one of `states`."""
        update = [{"$set": {"seq": NEXT_SEQ, "updated_at": "$$NOW"}}]
        return await self._change({"_id": task_id, "state": {"$in": list(states)}}, update)

    async def oldest_waiting(self, user_id: str) -> str | None:
        """Return the task id of the user's waiting run that is to start next."""
        order = [("request.requested_at", 1), ("_id", 1)]
        run = await self._runs.find_one({"user_id": user_id, "state": WAITING}, {"_id": 1}, sort=order)
        return None if run is None else str(run["_id"])

    async def start_in_slot(self, task_id: str) -> tuple[Document | None, bool]:
        """Move a waiting run into the first free slot of its user.

        Returns the started run, and whether a slot was free. Without a run but with a free slot,
        another scanner has moved the run; without both, the user is at the limit.
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

    async def count_open_runs(self, user_id: str, *, at_most: int) -> int:
        """Return how many runs of a user wait or are active, counted up to `at_most`."""
        return await self._runs.count_documents(
            {"user_id": user_id, "state": {"$in": list(OPEN_STATES)}}, limit=at_most
        )

    async def _turn_of_user(self, task_id: str) -> Document:
        """Return the turn of the user's other active runs, so that a new one waits like them.

        A user without any comes first.
        """
        run = await self._runs.find_one({"_id": task_id}, {"user_id": 1})
        condition = {"user_id": (run or {}).get("user_id"), "slot": {"$exists": True}, "turn": {"$exists": True}}
        served = await self._runs.find_one(condition, {"turn": 1}, sort=[("turn", -1)])
        return {} if served is None else {"turn": served["turn"]}

    async def insert_cancel_request(self, task_id: str, reason: str) -> bool:
        """Record a cancel whose request has not been seen; return False if the run exists by now."""
        run = {
            "_id": task_id,
            "state": CANCELLED_BEFORE_REQUEST,
            "seq": 0,
            "cancel_reason": reason,
            "created_at": utc_now(),
        }
        try:
            await self._runs.insert_one(run)
        except DuplicateKeyError:
            return False
        return True

    async def cancel(self, task_id: str, reason: str, totals: dict[str, str]) -> Document | None:
        """End an open run as cancelled; its holders learn that at their next write."""
        stages = end_run(CANCELLED, event_fields={"reason": reason}, result=result_of(totals, partial=True))
        return await self._change({"_id": task_id, "state": {"$in": list(OPEN_STATES)}}, stages)

    async def _change(self, condition: Document, update: list[Document]) -> Document | None:
        changed: Document | None = await self._runs.find_one_and_update(
            condition, update, projection={"slices": 0}, return_document=ReturnDocument.AFTER
        )
        return changed


def _identity(request: ScanRequested) -> Document:
    request_fields: Document = {
        "scan_type": request.scan_type,
        "months": request.months,
        "full": request.full,
        "requested_at": request.requested_at,
    }
    identity: Document = {
        "_id": request.task_id,
        "user_id": request.user_id,
        "account_id": request.account_id,
        "request": request_fields,
        "created_at": utc_now(),
    }
    trace = current_traceparent()  # the request's own, as it is handled within its trace
    return identity if trace is None else {**identity, "traceparent": trace}


def _literally(request: ScanRequested) -> Document:
    """Return the identity for a pipeline, where text that looks like an expression must not be one."""
    return {name: {"$literal": value} for name, value in _identity(request).items() if name != "_id"}


def _broken_key(error: DuplicateKeyError) -> Document:
    pattern: Document = (error.details or {}).get("keyPattern", {})
    return pattern
