"""Labels and styles of scan states, and the words for failed scans, for all pages. Pure."""

from dataclasses import dataclass

from shared.error_codes import ErrorText, error_text, known_code
from shared.events import TERMINAL, Task, TaskStatus

QUEUED = "Task queued"
"""`current_status` of a task that no scanner has answered yet."""


@dataclass(frozen=True)
class StateStyle:
    """Style of a state: label, icon, CSS class of the badge, CSS class of the bar."""

    label: str
    icon: str
    tone: str
    bar: str = ""


STATE_STYLES = {
    "waiting": StateStyle("Waiting", "clock", ""),
    "listing": StateStyle("Listing", "scan", "run"),
    "scanning": StateStyle("Scanning", "scan", "run"),
    "stopping": StateStyle("Stopping", "slash", "outline", "idle"),
    "done": StateStyle("Done", "check", "done", "done"),
    "failed": StateStyle("Failed", "cross", "fail", "fail"),
    "cancelled": StateStyle("Cancelled", "slash", "outline", "idle"),
}
_STATES = {
    TaskStatus.PENDING: "waiting",
    TaskStatus.PROGRESS: "scanning",
    TaskStatus.DONE: "done",
    TaskStatus.FAILURE: "failed",
    TaskStatus.CANCELLED: "cancelled",
}
STATUS_STYLES = {status: STATE_STYLES[state] for status, state in _STATES.items()}
"""Style of each status, where only the status is known, as in filters."""

HISTORY_STYLES = {
    **{status.value: STATE_STYLES[state] for status, state in _STATES.items()},
    "CANCEL_REQUESTED": STATE_STYLES["stopping"],
}
"""Style of each entry of a history; the request to cancel is the one that is no status."""

_HISTORY_DETAILS = {QUEUED: "Requested by you", "asked by the user": "Cancelled by you"}


def history_detail(detail: str) -> str:
    """Return the detail of a history entry in the words of the pages."""
    return _HISTORY_DETAILS.get(detail, detail)


def state_of(task: Task) -> str:
    """Return the name of the task's state in `STATE_STYLES`."""
    if task.status not in TERMINAL and task.cancel_requested_at is not None:
        return "stopping"
    if task.status is TaskStatus.PROGRESS and task.messages_total is None:
        return "listing"
    return _STATES[task.status]


def style_of(task: Task) -> StateStyle:
    """Return the style of the task's state."""
    return STATE_STYLES[state_of(task)]


def is_terminal(task: Task) -> bool:
    """Return whether the status of the task is terminal."""
    return task.status in TERMINAL


def is_queued(task: Task) -> bool:
    """Return whether the task waits until another scan of its user ends."""
    return task.status is TaskStatus.PENDING and task.current_status != QUEUED


def failure_text(error_code: str | None, error: str | None, *, oauth2: bool = False) -> ErrorText:
    """Return the words for a failed scan; for an unknown code, the `error` of the task."""
    code = known_code(error_code)
    if code is None:
        return ErrorText(error or "The scan failed.", "Scan again.", is_permanent=False)
    return error_text(code, oauth2=oauth2)
