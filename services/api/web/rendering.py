"""What every page is rendered with: the templates, the assets' addresses, and the headers that go with a page."""

import datetime as dt
import functools
import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import HTTPConnection

from services.api.web import charts, formats, scan_labels
from services.api.web.assets import Assets
from services.api.web.scan_speed import Pace
from shared import formatting

_TEMPLATES = Path(__file__).with_name("templates")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # Forms of browsers that send no Sec-Fetch-Site are told from those of other sites by their Origin.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Encoding, Cookie",
}


class Shell:
    """Renders templates into answers."""

    def __init__(self) -> None:
        self.assets = Assets()
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {
            "asset": self.assets.url,
            "charts": charts,
            "kinds": formats.KINDS,
            "outcomes": formats.OUTCOMES,
            "pace": Pace,
            "words": scan_labels,
        }
        self._environment.filters |= {
            "count": formatting.count,
            "amount": formats.amount,
            "day": formats.day,
            "percent": formatting.percent,
            "size": formatting.size,
            "limit": formats.limit,
            "total": formats.total,
            "sender": formats.sender,
            "spoken": formats.spoken,
            "duration": formats.duration,
            "confidence": formats.confidence,
            "signed": formats.signed,
            "zip_with": zip,
            "ago": _ago,
            "clock": _clock,
            "moment": _moment,
        }

    def html(self, template: str, context: Mapping[str, Any]) -> str:
        """The text of a page or of a part of one."""
        return self._environment.get_template(template).render(context)

    def answer(
        self, request: HTTPConnection, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> HTMLResponse:
        """The page as an answer to `request`."""
        body = self.html(template, context).encode()
        headers = dict(_HEADERS)
        # A page holds no secret beside what others chose, so that its size tells nothing (BREACH).
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, compresslevel=4, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return HTMLResponse(body, status, headers)


@functools.cache
def shell() -> Shell:
    """The one of this process; its files are read when the first page is asked for."""
    return Shell()


@pass_context
def _ago(context: Context, moment: dt.datetime | None) -> Markup:
    """ "2 minutes ago", with the exact moment behind it."""
    shown = "" if moment is None else formatting.ago(moment, context["now"])
    return formats.time_tag(moment, shown, _zone(context))


@pass_context
def _clock(context: Context, moment: dt.datetime | None) -> Markup:
    """ "14:02:31" on the day itself, "12 Nov, 14:02" otherwise."""
    if moment is None:
        return formats.NOT_FOUND
    zone = _zone(context)
    local, today = moment.astimezone(zone), context["now"].astimezone(zone).date()
    shown = f"{local:%H:%M:%S}" if local.date() == today else f"{local.day} {local:%b, %H:%M}"
    return formats.time_tag(moment, shown, zone)


@pass_context
def _moment(context: Context, moment: dt.datetime | None) -> Markup:
    """ "12 Nov 2026, 14:02:31"."""
    zone = _zone(context)
    return formats.time_tag(moment, "" if moment is None else formats.exact(moment, zone), zone)


def _zone(context: Context) -> ZoneInfo:
    zone: ZoneInfo = context["zone"]
    return zone
