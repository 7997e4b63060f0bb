"""What a check found: that all is well, a problem with its fix, or that it could not look."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with what was looked at."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """A line of the report. `fix`: what to do about a problem, or what lets an unknown be looked at."""

    state: State
    says: str
    fix: str | None = None


def ok(says: str) -> Finding:
    """Nothing is wrong."""
    return Finding(State.OK, says)


def problem(says: str, fix: str) -> Finding:
    """Something is wrong."""
    return Finding(State.PROBLEM, says, fix)


def unknown(says: str, fix: str | None = None) -> Finding:
    """It could not be told."""
    return Finding(State.UNKNOWN, says, fix)
