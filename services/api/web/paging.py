"""URLs of lists paged by cursor: they keep the filters, and the cursors of the pages before.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

_FIRST = "-"
_SEPARATOR = "."
"""A character that no cursor contains."""


@dataclass(frozen=True)
class Paging:
    """The position in a list: path, filters, cursor, and the cursors of the pages before."""

    path: str
    filters: Mapping[str, str]
    cursor: str | None
    trail: tuple[str, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, path: str, query: Mapping[str, str], next_cursor: str | None) -> "Paging":
        """Read the position from the parameters of a URL."""
        filters = {name: value for name, value in query.items() if value and name not in ("cursor", "trail")}
        trail = tuple(part for part in query.get("trail", "").split(_SEPARATOR) if part)
        return cls(path, filters, query.get("cursor") or None, trail, next_cursor)

    @property
    def older(self) -> str | None:
        """Return the URL of the next page, if there is one."""
        if self.next_cursor is None:
            return None
        trail = _SEPARATOR.join((*self.trail, self.cursor or _FIRST))
        return self._address({**self.filters, "cursor": self.next_cursor, "trail": trail})

    @property
    def newer(self) -> str | None:
        """Return the URL of the previous page, if there is one."""
        if self.cursor is None:
            return None
        before = self.trail[-1] if self.trail else _FIRST
        position = {} if before == _FIRST else {"cursor": before, "trail": _SEPARATOR.join(self.trail[:-1])}
        return self._address({**self.filters, **position})

    def with_filter(self, **changes: str | None) -> str:
        """Return the URL of the first page with changed filters; None removes a filter."""
        return self._address({**self.filters, **changes})

    def _address(self, query: Mapping[str, str | None]) -> str:
        parameters = {name: value for name, value in query.items() if value}
        return f"{self.path}?{urlencode(parameters)}" if parameters else self.path
