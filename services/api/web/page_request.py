"""One request for a page: who asks, how the reader likes things, and the way to answer."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.api.dependencies import AppServices, Services, user_context
from services.api.http.problems import PROBLEM_TYPES, Problem
from services.api.identity.authenticator import SESSION_COOKIE
from services.api.identity.tokens import Principal
from services.api.web.preferences import Theme, theme_of, zone_of
from services.api.web.rendering import shell
from shared.errors import MailtallyError
from shared.timestamps import utc_now

_SEE_OTHER = 303
_NOT_AUTHENTICATED = 401


@dataclass(frozen=True)
class Reader:
    """How pages are written for whoever reads them."""

    theme: Theme
    zone: ZoneInfo
    now: dt.datetime

    @classmethod
    def of(cls, request: Request) -> "Reader":
        """As the cookies say."""
        return cls(theme_of(request), zone_of(request), utc_now())

    def context(self) -> dict[str, Any]:
        """What every template knows."""
        return {"theme": self.theme, "zone": self.zone, "now": self.now, "who": None, "running": 0, "path": ""}


@dataclass(frozen=True)
class Visit:
    """A signed-in person's request for a page."""

    request: Request
    services: Services
    who: Principal
    reader: Reader

    @property
    def user_id(self) -> str:
        """Whose data is shown."""
        return self.who.user_id

    async def page(self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
        """The whole page, with the header and its number of running scans."""
        running = await self.services.scans.tasks.count_active(self.user_id)
        known = {**self.reader.context(), "who": self.who, "running": running, "path": self.request.url.path}
        return shell().answer(self.request, template, {**known, **(context or {})}, status=status)

    async def part(self, template: str, context: Mapping[str, Any]) -> Response:
        """A piece of a page, for a script to put in its place."""
        return shell().answer(self.request, template, {**self.reader.context(), "who": self.who, **context})


class SignInNeeded(MailtallyError):
    """Raised for a page that nobody may see without a session."""

    def __init__(self, way: str) -> None:
        super().__init__("sign in")
        self.way = way
        """The address of the sign-in form, which leads back."""


async def visit(request: Request, services: AppServices) -> Visit:
    """The visit of whoever the session cookie names; without a good one the answer is the sign-in form."""
    try:
        who = (await user_context(request)).user
    except Problem as problem:
        if PROBLEM_TYPES[problem.code].status != _NOT_AUTHENTICATED:
            raise
        raise SignInNeeded(_way_in(request)) from None
    return Visit(request, services, who, Reader.of(request))


Visiting = Annotated[Visit, Depends(visit)]


async def administrators_visit(visiting: Visiting) -> Visit:
    """As `visit`; 403 for whoever is no administrator."""
    if not visiting.who.admin:
        raise Problem("admin_required", "Only administrators see this page.")
    return visiting


AdministratorVisiting = Annotated[Visit, Depends(administrators_visit)]


def see_other(path: str) -> Response:
    """On to another page, as the answer to a form (RFC 9110 section 15.4.4)."""
    return RedirectResponse(path, _SEE_OTHER)


def local_path(wanted: str | None) -> str:
    """A path of this very site, whatever an address says; the overview otherwise."""
    is_local = wanted is not None and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if wanted is not None and is_local and wanted.isprintable() else "/"


def install(app: FastAPI) -> None:
    """Let pages that need a session lead to the sign-in form."""

    async def lead(_: Request, error: Exception) -> Response:
        assert isinstance(error, SignInNeeded)  # noqa: S101 (what Starlette promises)
        return see_other(error.way)

    app.add_exception_handler(SignInNeeded, lead)


def _way_in(request: Request) -> str:
    asked = []
    if request.method == "GET" and request.url.path != "/":
        where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked.append(f"next={quote(where, safe='/')}")
    if SESSION_COOKIE in request.cookies:
        asked.append("expired=1")
    return "/sign-in" + (f"?{'&'.join(asked)}" if asked else "")
