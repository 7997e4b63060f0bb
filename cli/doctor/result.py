"""The result of a check: all is well, a problem with its fix, or not checked."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The state of what was checked."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """A line of the report. `fix`: how to fix the problem, or how to make the check possible."""

    state: State
    says: str
    fix: str | None = None


def ok(says: str) -> Finding:
    """Return the finding that nothing is wrong."""
    return Finding(State.OK, says)


def problem(says: str, fix: str) -> Finding:
    """Return a problem and its fix."""
    return Finding(State.PROBLEM, says, fix)


def unknown(says: str, fix: str | None = None) -> Finding:
    """Return that something could not be checked."""
    return Finding(State.UNKNOWN, says, fix)
