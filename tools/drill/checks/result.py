"""What a check found."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """An invariant, how much was looked at, and each case in which it is broken, in words that name the case."""

    invariant: str
    checked: str
    broken: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether no case was found."""
        return not self.broken
