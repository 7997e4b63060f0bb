"""A whole scan with its end, and what its task must look like, written out by hand."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from shared.events import Event
from tests.support.events import START, Scan, a_result

ENDINGS = ("DONE", "FAILURE", "CANCELLED")


def second(number: float) -> dt.datetime:
    """So long after the start of the scan."""
    return START + dt.timedelta(seconds=number)


def ending(scan: Scan, status: str) -> Event[Any]:
    """The event that brings `status`, twenty seconds after the start."""
    match status:
        case "DONE":
            return scan.completed()
        case "FAILURE":
            return scan.failed()
    return scan.cancelled()


def life(scan: Scan, status: str) -> list[Event[Any]]:
    """Every kind of event that a scan can have, in the order in which they happen."""
    going = [scan.requested(), scan.queued(), scan.started(), scan.progressed(3, 40, scanned=8)]
    return [*going, scan.cancel_requested(second=4), ending(scan, status)]


def lived(scan: Scan, status: str) -> dict[str, Any]:
    """The document after `life`, `version` and the fold's own fields aside."""
    requested, queued, started, _, wish, end = (event.id for event in life(scan, status))
    details = {"DONE": "3 invoices in 20 messages", "FAILURE": "The mailbox refused the password."}
    known = {
        "_id": scan.task_id,
        "task_id": scan.task_id,
        "user_id": "user-1",
        "account_id": "account-1",
        "scan_type": "inbox",
        "months": 3,
        "full": False,
        "status": status,
        "progress": {"DONE": 100, "FAILURE": 0, "CANCELLED": 40}[status],
        "current_status": {
            "DONE": "Email scan completed successfully",
            "FAILURE": "Email scan failed",
            "CANCELLED": "Task cancelled",
        }[status],
        "messages_total": 20,
        "messages_scanned": 20 if status == "DONE" else 8,
        "invoices_found": 3 if status == "DONE" else 1,
        "estimated_duration": 4.0,
        "actual_duration": 18.0,
        "created_at": second(0),
        "started_at": second(2),
        "updated_at": second(20),
        "completed_at": second(20),
        "cancel_requested_at": second(4),
        "history": [
            {"status": "PENDING", "at": second(0), "event_id": requested, "detail": "Task queued"},
            {
                "status": "PENDING",
                "at": second(1),
                "event_id": queued,
                "detail": "Waiting for another scan to finish",
            },
            {"status": "PROGRESS", "at": second(2), "event_id": started, "detail": "20 messages to scan"},
            {"status": "CANCEL_REQUESTED", "at": second(4), "event_id": wish, "detail": "by the user"},
            {
                "status": status,
                "at": second(20),
                "event_id": end,
                "detail": details.get(status, "asked by the user"),
            },
        ],
    }
    if status == "DONE":
        known["result"] = a_result().model_dump()
    if status == "FAILURE":
        known |= {"error": "The mailbox refused the password.", "error_code": "login_refused"}
    return known


def public(task: dict[str, Any]) -> dict[str, Any]:
    """A task as people may see it: without the fold's own fields and `version`."""
    shown = {name: value for name, value in task.items() if name == "_id" or not name.startswith("_")}
    del shown["version"]
    shown["history"] = [{name: entry[name] for name in entry if name != "_rank"} for entry in task["history"]]
    return shown


def statuses(history: Sequence[dict[str, Any]]) -> list[str]:
    return [entry["status"] for entry in history]
