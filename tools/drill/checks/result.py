"""The result of a check."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """An invariant, what was checked, and each case in which it is broken."""

    invariant: str
    checked: str
    broken: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Return whether no case was found."""
        return not self.broken
