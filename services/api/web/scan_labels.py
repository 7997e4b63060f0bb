"""What a scan is called, and what to do about one that failed. One table of each, for all pages. Pure."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Failure:
    """Why a scan failed, in a sentence; what helps, in another; and where the button beside them leads."""

    sentence: str
    remedy: str
    button: str = "Scan again"
    way: str = "scan"
    """"scan" asks for another scan; "edit" and "upload" lead to the mailbox."""


_EDIT = {"button": "Edit", "way": "edit"}
_PASSWORD = {"button": "Update password", "way": "edit"}
_FAILURES = {
    "login_refused": Failure("The mail server refused the password.", "Enter a new one, then scan again.", **_PASSWORD),
    "secret_unreadable": Failure("The stored password cannot be read any more.", "Enter it again.", **_PASSWORD),
    "host_unreachable": Failure(
        "The mail server cannot be found or does not answer.", "Check its name and port.", **_EDIT
    ),
    "host_not_allowed": Failure(
        "This address is inside a private network, which this Mailtally does not allow.",
        "Ask the person who runs it.",
        **_EDIT,
    ),
    "tls_failed": Failure("The mail server's certificate is not valid for this name.", "Check the name.", **_EDIT),
    "folder_missing": Failure("A folder that this mailbox names does not exist.", "Check the folders.", **_EDIT),
    "mailbox_missing": Failure("There is no mail to scan yet.", "Upload a file first.", "Upload mail", "upload"),
    "mailbox_unreadable": Failure(
        "The file is damaged or not a mailbox.",
        "Use mbox, .zip of .eml or Maildir, or .eml.",
        "Upload again",
        "upload",
    ),
    "mailbox_unavailable": Failure("The mail server did not answer.", "Nothing is lost: scan again later."),
    "slice_crashed": Failure("A part of the mailbox could not be read.", "What was found before stays. Scan again."),
    "stalled": Failure(
        "The scan did not start after three tries.", "Tell the person who runs this Mailtally, or scan again."
    ),
}


def failure_of(error_code: str | None, error: str | None) -> Failure:
    """The words for a failed scan; what an unknown code says of itself otherwise."""
    return _FAILURES.get(error_code or "") or Failure(error or "The scan failed.", "Scan again.")
