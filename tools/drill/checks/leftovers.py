"""What must not be left when everything has ended: locks, leases, messages, dead letters, missing
consumers."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.database import Database

from services.scanner.runs.model import TERMINAL_STATES
from shared.formatting import count
from shared.messaging.topology import RETRY_SECONDS, SLICES, WORK_QUEUES, retry_queue
from shared.mongo import Document
from tools.drill.checks.result import CheckResult

Queue = Mapping[str, Any]

_LIVE_QUEUES = 2
"""The queues of each api: one for changed tasks, one for checked accounts."""
_LONGEST_WAIT = 60
"""Messages in a longer retry queue outlast a chaos test, and are harmless to a run that is over."""


def nothing_held(database: Database[Document]) -> CheckResult:
    """Check that no run is open, no account or slot is taken, and every end was seen in its
    task."""
    condition = {
        "$or": [
            {"state": {"$nin": list(TERMINAL_STATES)}},
            {"slot": {"$exists": True}},
            {"account_key": {"$exists": True}},
            {"settled": {"$ne": True}},
        ]
    }
    fields = {"state": 1, "slot": 1, "account_key": 1, "settled": 1}
    broken = [
        f"{run['_id']}: {', '.join(f'{name} {run[name]}' for name in fields if name in run)}"
        for run in database["scan_runs"].find(condition, fields)
    ]
    return CheckResult(
        "No slot, account or lease is held", count(database["scan_runs"].count_documents({}), "run"), broken
    )


def nothing_waits(queues: Sequence[Queue]) -> CheckResult:
    """Check that every message was acknowledged."""
    expected = [queue.name for queue in WORK_QUEUES]
    expected += [retry_queue(SLICES, seconds) for seconds in RETRY_SECONDS if seconds <= _LONGEST_WAIT]
    known = {queue["name"]: queue.get("messages", 0) for queue in queues}
    broken = [f"{name}: {known.get(name, 'missing')}" for name in expected if known.get(name) != 0]
    return CheckResult("No message waits", count(len(expected), "queue"), broken)


def no_dead_letters(queues: Sequence[Queue]) -> CheckResult:
    """Check that there are no dead letters."""
    known = {queue["name"]: queue.get("messages", 0) for queue in queues}
    broken = [f"{queue.dead}: {known.get(queue.dead)}" for queue in WORK_QUEUES if known.get(queue.dead) != 0]
    return CheckResult("No dead letters", count(len(WORK_QUEUES), "queue"), broken)


def consumers_are_back(queues: Sequence[Queue], replicas: Mapping[str, int]) -> CheckResult:
    """Check that every replica has its consumers again."""
    expected = {queue.name: replicas[queue.name.partition(".")[0]] for queue in WORK_QUEUES}
    live = [queue["name"] for queue in queues if queue["name"].startswith("api.live.")]
    expected |= dict.fromkeys(live or ["api.live.*"], 1)
    known = {queue["name"]: queue.get("consumers", 0) for queue in queues}
    broken = [
        f"{name}: {known.get(name, 0)} of {number}" for name, number in expected.items() if known.get(name) != number
    ]
    if len(live) > _LIVE_QUEUES * replicas["api"]:
        broken.append(f"{len(live)} live queues of {replicas['api']} api")
    return CheckResult("Every queue has its consumers", count(sum(expected.values()), "consumer"), broken)
