"""Rendering of pages: templates, filters, asset URLs and response headers."""

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
from services.api.web.scan_speed import ScanSpeed
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
    # Without Sec-Fetch-Site, the Origin header distinguishes our forms from those of other sites.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Encoding, Cookie",
}


class PageRenderer:
    """Renders templates to responses."""

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
            "ScanSpeed": ScanSpeed,
            "labels": scan_labels,
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
            "with_thousands": formats.with_thousands,
            "duration": formats.duration,
            "confidence": formats.confidence,
            "signed": formats.signed,
            "zip_with": zip,
            "ago": _ago,
            "clock": _clock,
            "moment": _moment,
        }

    def html(self, template: str, context: Mapping[str, Any]) -> str:
        """Render a page or a part of one to text."""
        return self._environment.get_template(template).render(context)

    def response(
        self, request: HTTPConnection, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> HTMLResponse:
        """Render a page as the response to `request`."""
        body = self.html(template, context).encode()
        headers = dict(_HEADERS)
        # Compression is safe: no page has a secret beside text that others chose (BREACH).
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, compresslevel=4, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return HTMLResponse(body, status, headers)


@functools.cache
def renderer() -> PageRenderer:
    """Return the renderer of this process, which reads its files on first use."""
    return PageRenderer()


@pass_context
def _ago(context: Context, moment: dt.datetime | None) -> Markup:
    """Format a time as "2 minutes ago", with the exact time on hover."""
    shown = "" if moment is None else formatting.ago(moment, context["now"])
    return formats.time_tag(moment, shown, _zone(context))


@pass_context
def _clock(context: Context, moment: dt.datetime | None) -> Markup:
    """Format a time as "14:02:31" on the same day, else as "12 Nov, 14:02"."""
    if moment is None:
        return formats.NOT_FOUND
    zone = _zone(context)
    local, today = moment.astimezone(zone), context["now"].astimezone(zone).date()
    shown = f"{local:%H:%M:%S}" if local.date() == today else f"{local.day} {local:%b, %H:%M}"
    return formats.time_tag(moment, shown, zone)


@pass_context
def _moment(context: Context, moment: dt.datetime | None) -> Markup:
    """Format a time as "12 Nov 2026, 14:02:31"."""
    zone = _zone(context)
    return formats.time_tag(moment, "" if moment is None else formats.exact(moment, zone), zone)


def _zone(context: Context) -> ZoneInfo:
    zone: ZoneInfo = context["zone"]
    return zone
