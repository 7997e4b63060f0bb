"""Routes `/sign-in`, `/sign-out` and `/theme`."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.api.dependencies import AppServices
from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem
from services.api.identity.authenticator import SESSION_COOKIE, require_same_origin
from services.api.web.forms import Form, SentForm
from services.api.web.page_request import local_path, see_other
from services.api.web.preferences import THEME_COOKIE, ReaderPreferences
from services.api.web.rendering import renderer

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_YEAR = 31_536_000
_WRONG_LOGIN = "Wrong user name or password."
_INVALID_LINK = "This link has been used or is older than 15 minutes. Get a new one: ./run mailtally user link"
_REFUSED = frozenset({"wrong_password", "too_many_attempts", "password_login_off"})


@router.get("/sign-in")
async def show_sign_in(
    request: Request,
    services: AppServices,
    next: str = "/",  # noqa: A002
    expired: bool = False,
    link: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show the form; redirect users who are signed in.

    A sign-in link works only by its button, so that a preview of the link does not use it up.
    """
    if link:
        return _page(request, Form(), next_path="/", link=link)
    if not expired and await _is_signed_in(request, services):
        return see_other(local_path(next))
    notice = "You were signed out. Sign in to continue." if expired else ""
    return _page(request, Form(), next_path=next, notice=notice)


@router.post("/sign-in")
async def sign_in(request: Request, services: AppServices, form: SentForm) -> Response:
    """Create a session and redirect to the page that the user wanted."""
    require_same_origin(request.headers)
    if form.text("link"):
        return await _sign_in_by_link(request, services, form)
    address = request.client.host if request.client else ""
    try:
        signed_in = await services.identity.login.sign_in(
            form.text("username"), form.secret("password"), address=address
        )
    except Problem as problem:
        if problem.code not in _REFUSED:
            raise
        form.errors["username"] = {
            "wrong_password": _WRONG_LOGIN,
            "too_many_attempts": f"Too many attempts. {problem.detail}",
        }.get(problem.code, problem.detail)
        response = _page(request, form, next_path=form.text("next"), status=422)
        response.headers.update(problem.headers)
        return response
    return _with_session(request, services, signed_in.session, form.text("next"))


@router.post("/sign-out")
async def sign_out(request: Request, services: AppServices) -> Response:
    """End the session."""
    require_same_origin(request.headers)
    await services.identity.login.sign_out(request.cookies.get(SESSION_COOKIE))
    response = see_other("/sign-in")
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return response


@router.post("/theme")
async def choose_theme(request: Request, form: SentForm) -> Response:
    """Store the theme in a cookie, for browsers without scripts."""
    referer = urlsplit(request.headers.get("referer", ""))
    response = see_other(local_path(referer.path + (f"?{referer.query}" if referer.query else "")))
    response.set_cookie(THEME_COOKIE, form.text("theme"), max_age=_YEAR, samesite="lax", path="/")
    return response


async def _sign_in_by_link(request: Request, services: AppServices, form: Form) -> Response:
    try:
        session = await services.identity.login.sign_in_by_link(form.text("link"))
    except Problem as problem:
        if problem.code != "invalid_token":
            raise
        form.errors[""] = _INVALID_LINK
        return _page(request, form, next_path="/", status=422)
    return _with_session(request, services, session, "/")


def _with_session(request: Request, services: AppServices, session: str, next_path: str) -> Response:
    response = see_other(local_path(next_path))
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=services.identity.login.session_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    return response


async def _is_signed_in(request: Request, services: AppServices) -> bool:
    session = request.cookies.get(SESSION_COOKIE)
    if session is None:
        return False
    try:
        await services.identity.credentials.authenticate("session", session)
    except Problem:
        return False
    return True


def _page(
    request: Request, form: Form, *, next_path: str, notice: str = "", link: str = "", status: int = 200
) -> Response:
    context = {
        "form": form,
        "next_path": local_path(next_path),
        "notice": notice,
        "link": link,
        "host": request.url.hostname,
    }
    return renderer().response(
        request, "sign_in.html", {**ReaderPreferences.of(request).context(), **context}, status=status
    )
