"""The tasks: how they ended, and what was seen of them on the way."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cli.client.task_status import TERMINAL
from shared.events import Event
from shared.formatting import count
from tools.drill.checks.result import CheckResult
from tools.drill.observer import Observations

Task = Mapping[str, Any]


def all_ended(accepted: Sequence[str], tasks: Mapping[str, Task]) -> CheckResult:
    """Every scan that a user was told of has come to its end."""
    states = {task_id: tasks[task_id]["status"] if task_id in tasks else "no task" for task_id in accepted}
    broken = [f"{task_id}: {status}" for task_id, status in states.items() if status not in TERMINAL]
    told = ", ".join(f"{number} {status.lower()}" for status, number in sorted(Counter(states.values()).items()))
    return CheckResult("Every accepted scan came to its end", f"{count(len(accepted), 'scan')}: {told}", broken)


def none_failed(tasks: Mapping[str, Task]) -> CheckResult:
    """Faults cost time: no scan fails because of them."""
    failed = [f"{task_id}: {task.get('error_code')}" for task_id, task in tasks.items() if task["status"] == "FAILURE"]
    return CheckResult("No scan failed", count(len(tasks), "task"), failed)


def cancelled_by_wish(tasks: Mapping[str, Task], wished: Iterable[str]) -> CheckResult:
    """Nobody's scan is cancelled unless somebody asked for it; a double request may find its account busy."""
    known = set(wished)
    cancelled = [task_id for task_id, task in tasks.items() if task["status"] == "CANCELLED"]
    broken = [
        f"{task_id}: {tasks[task_id].get('current_status')}"
        for task_id in cancelled
        if task_id not in known and tasks[task_id].get("cancel_requested_at") is None
    ]
    return CheckResult("Only what somebody cancelled is cancelled", count(len(cancelled), "cancelled scan"), broken)


def one_end_each(tasks: Mapping[str, Task], stream: Sequence[Event[Any]]) -> CheckResult:
    """One terminal event counts: the only one in the history, kept in the stream, and the scanner tells no two."""
    ids = {event.id for event in stream}
    ends_told = {event.id: event for event in stream if _is_end(event)}.values()
    told = Counter((event.subject, event.source) for event in ends_told)
    broken = [
        f"{subject}: {number} different ends from {source}" for (subject, source), number in told.items() if number > 1
    ]
    for task_id, task in tasks.items():
        ends = [entry for entry in task.get("history", ()) if entry["status"] in TERMINAL]
        if task["status"] in TERMINAL and [entry["status"] for entry in ends] != [task["status"]]:
            broken.append(f"{task_id}: {task['status']}, but its history ends {[entry['status'] for entry in ends]}")
        broken += [f"{task_id}: its end is not in the stream" for entry in ends if entry["event_id"] not in ids]
    again = len(stream) - len(ids)
    looked_at = f"{count(len(tasks), 'history', 'histories')}, {count(len(ids), 'event')}, {count(again)} of them again"
    return CheckResult("One end counts for each scan", looked_at, broken)


def ends_are_final(observations: Sequence[Observations]) -> CheckResult:
    """Nothing changes after the end."""
    return CheckResult(
        "An end is never left",
        _seen(observations),
        [transition for seen in observations for transition in seen.left_terminal],
    )


def progress_never_falls(observations: Sequence[Observations]) -> CheckResult:
    """Nor is a version left out in what was committed, or an older one sent live."""
    transitions = [transition for seen in observations for transition in (*seen.progress_fell, *seen.skipped)]
    return CheckResult("Progress never falls", _seen(observations), transitions)


def _seen(observations: Sequence[Observations]) -> str:
    commits, *live = observations
    return f"{count(commits.seen, 'commit')}, {count(sum(seen.seen for seen in live), 'live update')}"


def _is_end(event: Event[Any]) -> bool:
    return event.routing_key in ("scan.completed.v1", "scan.failed.v1", "scan.cancelled.v1")
