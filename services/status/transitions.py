"""The lifecycle of a task as data: the status each event brings, the legal transitions, the texts
for people.

`docs/task-lifecycle.md` shows it as a table and a diagram.
"""

from dataclasses import dataclass
from enum import IntEnum

from shared.events import (
    EventData,
    ScanCancelled,
    ScanCancelRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanStarted,
    TaskStatus,
)


class Rank(IntEnum):
    """The order of the lifecycle events in a task's history, whatever the clocks of their sources
    were."""

    REQUESTED = 0
    QUEUED = 1
    STARTED = 2
    CANCEL_REQUESTED = 3
    ENDED = 4


@dataclass(frozen=True)
class Step:
    """The meaning of one type of event for a task.

    `announces` is the status it brings, if any. `rank` and `label` are its place and its `status`
    in the history, which leaves out progress: there `rank` is None.
    """

    announces: TaskStatus | None
    rank: Rank | None
    label: str


CANCEL_REQUESTED = "CANCEL_REQUESTED"
"""The history's label of a request to cancel: the only entry that is no status of a task."""

STEPS: dict[type[EventData], Step] = {
    ScanRequested: Step(TaskStatus.PENDING, Rank.REQUESTED, TaskStatus.PENDING.value),
    ScanQueued: Step(TaskStatus.PENDING, Rank.QUEUED, TaskStatus.PENDING.value),
    ScanStarted: Step(TaskStatus.PROGRESS, Rank.STARTED, TaskStatus.PROGRESS.value),
    ScanProgressed: Step(TaskStatus.PROGRESS, None, TaskStatus.PROGRESS.value),
    ScanCancelRequested: Step(None, Rank.CANCEL_REQUESTED, CANCEL_REQUESTED),
    ScanCompleted: Step(TaskStatus.DONE, Rank.ENDED, TaskStatus.DONE.value),
    ScanFailed: Step(TaskStatus.FAILURE, Rank.ENDED, TaskStatus.FAILURE.value),
    ScanCancelled: Step(TaskStatus.CANCELLED, Rank.ENDED, TaskStatus.CANCELLED.value),
}

INITIAL = TaskStatus.PENDING

SUCCESSORS: dict[TaskStatus, tuple[TaskStatus, ...]] = {
    TaskStatus.PENDING: (TaskStatus.PROGRESS, TaskStatus.DONE, TaskStatus.FAILURE, TaskStatus.CANCELLED),
    TaskStatus.PROGRESS: (TaskStatus.DONE, TaskStatus.FAILURE, TaskStatus.CANCELLED),
    TaskStatus.DONE: (),
    TaskStatus.FAILURE: (),
    TaskStatus.CANCELLED: (),
}
"""PENDING leads to every other status: events may arrive in any order, and a scan may end before it
started."""

CURRENT_STATUS: dict[TaskStatus, str] = {
    TaskStatus.PENDING: "Task queued",
    TaskStatus.PROGRESS: "Email scan started",
    TaskStatus.DONE: "Email scan completed successfully",
    TaskStatus.FAILURE: "Email scan failed",
    TaskStatus.CANCELLED: "Task cancelled",
}
"""`current_status` of each status; for PENDING and PROGRESS the text of the latest event takes its
place."""

WAITING = "Waiting for another scan to finish"
"""`current_status` of a queued task whose event gives no reason."""


def is_terminal(status: str) -> bool:
    """Return whether `status` never changes again; true of a status of an older system as well."""
    return not _SUCCESSORS_BY_NAME.get(status)


def advance(status: str, announced: TaskStatus | None) -> str:
    """Return the status after an event that announces `announced`; an illegal transition changes
    nothing."""
    return announced.value if announced in _SUCCESSORS_BY_NAME.get(status, ()) else status


_SUCCESSORS_BY_NAME: dict[str, tuple[TaskStatus, ...]] = {status.value: after for status, after in SUCCESSORS.items()}
