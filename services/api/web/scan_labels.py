"""What a scan is called, and what to do about one that failed. One table of each, for all pages. Pure."""

from dataclasses import dataclass

from shared.error_codes import ErrorText, error_text, known_code
from shared.events import TERMINAL, Task, TaskStatus

QUEUED = "Task queued"
"""`current_status` of a task that no scanner has answered yet."""


@dataclass(frozen=True)
class Look:
    """How a state is shown: its word, its icon, the colours of its badge, and the class of its bar."""

    word: str
    icon: str
    tone: str
    bar: str = ""


LOOKS = {
    "waiting": Look("Waiting", "clock", ""),
    "listing": Look("Listing", "scan", "run"),
    "scanning": Look("Scanning", "scan", "run"),
    "stopping": Look("Stopping", "slash", "outline", "idle"),
    "done": Look("Done", "check", "done", "done"),
    "failed": Look("Failed", "cross", "fail", "fail"),
    "cancelled": Look("Cancelled", "slash", "outline", "idle"),
}
_STATES = {
    TaskStatus.PENDING: "waiting",
    TaskStatus.PROGRESS: "scanning",
    TaskStatus.DONE: "done",
    TaskStatus.FAILURE: "failed",
    TaskStatus.CANCELLED: "cancelled",
}
STATUSES = {status: LOOKS[state] for status, state in _STATES.items()}
"""How each status is shown where only the status is known, as in lists and filters."""

HISTORY = {**{status.value: LOOKS[state] for status, state in _STATES.items()}}


def state_of(task: Task) -> str:
    """The name of the task's state in `LOOKS`."""
    if task.status not in TERMINAL and task.cancel_requested_at is not None:
        return "stopping"
    if task.status is TaskStatus.PROGRESS and task.messages_total is None:
        return "listing"
    return _STATES[task.status]


def look_of(task: Task) -> Look:
    """How the task is shown."""
    return LOOKS[state_of(task)]


def is_over(task: Task) -> bool:
    """Whether nothing can happen to it any more."""
    return task.status in TERMINAL


def is_queued(task: Task) -> bool:
    """Whether it waits for a running scan of its user to end."""
    return task.status is TaskStatus.PENDING and task.current_status != QUEUED


def failure_text(error_code: str | None, error: str | None, *, oauth2: bool = False) -> ErrorText:
    """Return the words for a failed scan; of a code that is not known here, the task's own `error`."""
    code = known_code(error_code)
    if code is None:
        return ErrorText(error or "The scan failed.", "Scan again.", is_permanent=False)
    return error_text(code, oauth2=oauth2)
