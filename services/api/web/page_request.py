"""Page requests: the signed-in user, their preferences, and rendering the response."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.api.dependencies import AppServices, Services, user_context
from services.api.http.problems import PROBLEM_TYPES, Problem
from services.api.identity.authenticator import SESSION_COOKIE
from services.api.identity.tokens import Principal
from services.api.web.preferences import ReaderPreferences
from services.api.web.rendering import renderer
from shared.errors import MailtallyError

_SEE_OTHER = 303
_NOT_AUTHENTICATED = 401


@dataclass(frozen=True)
class PageRequest:
    """A request of a signed-in user for a page."""

    http: Request
    services: Services
    user: Principal
    preferences: ReaderPreferences

    @property
    def user_id(self) -> str:
        """Return the id of the user whose data is shown."""
        return self.user.user_id

    async def render(self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
        """Render a whole page, with the number of running scans in its header."""
        running = await self.services.scans.tasks.count_active(self.user_id)
        common = {
            **self.preferences.context(),
            "user": self.user,
            "running": running,
            "path": self.http.url.path,
        }
        return renderer().response(self.http, template, {**common, **(context or {})}, status=status)

    async def render_part(self, template: str, context: Mapping[str, Any]) -> Response:
        """Render a part of a page, which a script puts in its place."""
        common = {**self.preferences.context(), "user": self.user}
        return renderer().response(self.http, template, {**common, **context})


class SignInRequiredError(MailtallyError):
    """Raised for a page that needs a session; `url` is the sign-in form, which leads back."""

    def __init__(self, url: str) -> None:
        super().__init__("sign in")
        self.url = url


async def signed_in_request(request: Request, services: AppServices) -> PageRequest:
    """Return the page request of the session's user.

    Raises `SignInRequiredError` without a valid session.
    """
    try:
        user = (await user_context(request)).user
    except Problem as problem:
        if PROBLEM_TYPES[problem.code].status != _NOT_AUTHENTICATED:
            raise
        raise SignInRequiredError(_sign_in_url(request)) from None
    return PageRequest(request, services, user, ReaderPreferences.of(request))


SignedInRequest = Annotated[PageRequest, Depends(signed_in_request)]


async def administrator_request(request: SignedInRequest) -> PageRequest:
    """Return the page request of an administrator. Raises `Problem` (403) for other users."""
    if not request.user.admin:
        raise Problem("admin_required", "Only administrators can open this page.")
    return request


AdministratorRequest = Annotated[PageRequest, Depends(administrator_request)]


def see_other(path: str) -> Response:
    """Return a redirect to another page, as the response to a form (RFC 9110 section 15.4.4)."""
    return RedirectResponse(path, _SEE_OTHER)


def local_path(wanted: str | None) -> str:
    """Return `wanted` if it is a path of this site, else the path of the overview."""
    is_local = wanted is not None and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if wanted is not None and is_local and wanted.isprintable() else "/"


def install(app: FastAPI) -> None:
    """Redirect to the sign-in form where a page needs a session."""

    async def to_sign_in(_: Request, error: Exception) -> Response:
        assert isinstance(error, SignInRequiredError)  # noqa: S101 (what Starlette promises)
        return see_other(error.url)

    app.add_exception_handler(SignInRequiredError, to_sign_in)


def _sign_in_url(request: Request) -> str:
    parameters = []
    if request.method == "GET" and request.url.path != "/":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        parameters.append(f"next={quote(back, safe='/')}")
    if SESSION_COOKIE in request.cookies:
        parameters.append("expired=1")
    return "/sign-in" + (f"?{'&'.join(parameters)}" if parameters else "")
