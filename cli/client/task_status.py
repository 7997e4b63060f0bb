"""The statuses of a task, as the API names them."""

from enum import StrEnum


class Status(StrEnum):
    """Mirrors `shared.events.TaskStatus`, whose import would load pydantic for every command; a test compares them."""

    PENDING = "PENDING"
    PROGRESS = "PROGRESS"
    DONE = "DONE"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


TERMINAL: frozenset[str] = frozenset({Status.DONE, Status.FAILURE, Status.CANCELLED})
OPEN = tuple(status for status in Status if status not in TERMINAL)
