"""The tasks: how they ended, and what was observed of them."""

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
    """Check that every scan that was accepted has ended."""
    states = {task_id: tasks[task_id]["status"] if task_id in tasks else "no task" for task_id in accepted}
    broken = [f"{task_id}: {status}" for task_id, status in states.items() if status not in TERMINAL]
    statuses = ", ".join(f"{number} {status.lower()}" for status, number in sorted(Counter(states.values()).items()))
    return CheckResult("Every accepted scan came to its end", f"{count(len(accepted), 'scan')}: {statuses}", broken)


def none_failed(tasks: Mapping[str, Task]) -> CheckResult:
    """Check that no scan failed because of the faults, which only cost time."""
    failed = [f"{task_id}: {task.get('error_code')}" for task_id, task in tasks.items() if task["status"] == "FAILURE"]
    return CheckResult("No scan failed", count(len(tasks), "task"), failed)


def cancelled_by_wish(tasks: Mapping[str, Task], wished: Iterable[str]) -> CheckResult:
    """Check that only scans that somebody cancelled are cancelled; a second request may find its
    account busy."""
    known = set(wished)
    cancelled = [task_id for task_id, task in tasks.items() if task["status"] == "CANCELLED"]
    broken = [
        f"{task_id}: {tasks[task_id].get('current_status')}"
        for task_id in cancelled
        if task_id not in known and tasks[task_id].get("cancel_requested_at") is None
    ]
    return CheckResult("Only what somebody cancelled is cancelled", count(len(cancelled), "cancelled scan"), broken)


def one_end_each(tasks: Mapping[str, Task], stream: Sequence[Event[Any]]) -> CheckResult:
    """Check that one terminal event counts for each scan: the only one in its history, kept in the
    event log; the scanner publishes no two different ones."""
    ids = {event.id for event in stream}
    published_ends = {event.id: event for event in stream if _is_end(event)}.values()
    published = Counter((event.subject, event.source) for event in published_ends)
    broken = [
        f"{subject}: {number} different ends from {source}"
        for (subject, source), number in published.items()
        if number > 1
    ]
    for task_id, task in tasks.items():
        ends = [entry for entry in task.get("history", ()) if entry["status"] in TERMINAL]
        if task["status"] in TERMINAL and [entry["status"] for entry in ends] != [task["status"]]:
            broken.append(f"{task_id}: {task['status']}, but its history ends {[entry['status'] for entry in ends]}")
        broken += [f"{task_id}: its end is not in the stream" for entry in ends if entry["event_id"] not in ids]
    again = len(stream) - len(ids)
    checked = f"{count(len(tasks), 'history', 'histories')}, {count(len(ids), 'event')}, {count(again)} of them again"
    return CheckResult("One end counts for each scan", checked, broken)


def ends_are_final(observations: Sequence[Observations]) -> CheckResult:
    """Check that nothing changes after the end."""
    return CheckResult(
        "An end is never left",
        _seen(observations),
        [transition for seen in observations for transition in seen.left_terminal],
    )


def progress_never_falls(observations: Sequence[Observations]) -> CheckResult:
    """Check that progress never falls, no committed version is missing, and no older version is
    sent live."""
    transitions = [transition for seen in observations for transition in (*seen.progress_fell, *seen.skipped)]
    return CheckResult("Progress never falls", _seen(observations), transitions)


def _seen(observations: Sequence[Observations]) -> str:
    commits, *live = observations
    return f"{count(commits.seen, 'commit')}, {count(sum(seen.seen for seen in live), 'live update')}"


def _is_end(event: Event[Any]) -> bool:
    return event.routing_key in ("scan.completed.v1", "scan.failed.v1", "scan.cancelled.v1")
