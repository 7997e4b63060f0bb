"""Preferences of a reader, which the browser keeps in cookies: theme and time zone."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import HTTPConnection

from shared.timestamps import utc_now

Theme = Literal["system", "light", "dark"]

THEME_COOKIE = "mailtally_theme"
ZONE_COOKIE = "mailtally_zone"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class ReaderPreferences:
    """How pages are written for a reader, and the time at which they are."""

    theme: Theme
    zone: ZoneInfo
    now: dt.datetime

    @classmethod
    def of(cls, request: HTTPConnection) -> "ReaderPreferences":
        """Read the preferences from the cookies of a request."""
        return cls(_theme(request), _zone(request), utc_now())

    def context(self) -> dict[str, Any]:
        """Return the variables that every template needs."""
        return {"theme": self.theme, "zone": self.zone, "now": self.now, "user": None, "running": 0, "path": ""}


def _theme(request: HTTPConnection) -> Theme:
    """Return the chosen theme; without a choice, that of the system."""
    chosen = request.cookies.get(THEME_COOKIE)
    return next((theme for theme in get_args(Theme) if theme == chosen), "system")


def _zone(request: HTTPConnection) -> ZoneInfo:
    """Return the browser's time zone; UTC until a script has put it into the cookie."""
    try:
        return ZoneInfo(request.cookies.get(ZONE_COOKIE, "UTC").replace("%2F", "/"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _UTC
