"""The statuses of a task, as the API names them."""

from enum import StrEnum


class Status(StrEnum):
    """The statuses of `shared.events.TaskStatus`, which a test compares: commands do not load the
    events."""

    PENDING = "PENDING"
    PROGRESS = "PROGRESS"
    DONE = "DONE"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


TERMINAL: frozenset[str] = frozenset({Status.DONE, Status.FAILURE, Status.CANCELLED})
OPEN = tuple(status for status in Status if status not in TERMINAL)
