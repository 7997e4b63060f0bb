"""Addresses of lists that are paged by cursor: the filters stay, and the way back is part of the address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

_FIRST = "-"
_BETWEEN = "."
"""No cursor holds it."""


@dataclass(frozen=True)
class Paging:
    """Where a list is: its path, what it is filtered by, its cursor, and the cursors before it."""

    path: str
    filters: Mapping[str, str]
    cursor: str | None
    trail: tuple[str, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, path: str, query: Mapping[str, str], next_cursor: str | None) -> "Paging":
        """From the parameters of an address."""
        filters = {name: value for name, value in query.items() if value and name not in ("cursor", "trail")}
        trail = tuple(part for part in query.get("trail", "").split(_BETWEEN) if part)
        return cls(path, filters, query.get("cursor") or None, trail, next_cursor)

    @property
    def older(self) -> str | None:
        """The address of the next page."""
        if self.next_cursor is None:
            return None
        trail = _BETWEEN.join((*self.trail, self.cursor or _FIRST))
        return self._address({**self.filters, "cursor": self.next_cursor, "trail": trail})

    @property
    def newer(self) -> str | None:
        """The address of the page before."""
        if self.cursor is None:
            return None
        before = self.trail[-1] if self.trail else _FIRST
        place = {} if before == _FIRST else {"cursor": before, "trail": _BETWEEN.join(self.trail[:-1])}
        return self._address({**self.filters, **place})

    def with_filter(self, **changes: str | None) -> str:
        """The address of the first page with other filters; None takes one away."""
        return self._address({**self.filters, **changes})

    def _address(self, query: Mapping[str, str | None]) -> str:
        set_ones = {name: value for name, value in query.items() if value}
        return f"{self.path}?{urlencode(set_ones)}" if set_ones else self.path
