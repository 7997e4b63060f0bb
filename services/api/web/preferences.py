"""What a browser tells of its reader in cookies: the theme that was chosen, and the time zone."""

from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import HTTPConnection

Theme = Literal["system", "light", "dark"]

THEME_COOKIE = "mailtally_theme"
ZONE_COOKIE = "mailtally_zone"
_UTC = ZoneInfo("UTC")


def theme_of(request: HTTPConnection) -> Theme:
    """The theme that was chosen; that of the system otherwise."""
    chosen = request.cookies.get(THEME_COOKIE)
    return next((theme for theme in get_args(Theme) if theme == chosen), "system")


def zone_of(request: HTTPConnection) -> ZoneInfo:
    """The browser's time zone, which a script puts into the cookie; UTC until then."""
    try:
        return ZoneInfo(request.cookies.get(ZONE_COOKIE, "UTC").replace("%2F", "/"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _UTC
