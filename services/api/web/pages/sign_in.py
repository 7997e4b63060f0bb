"""`/sign-in`, `/sign-out`, `/theme`: what a page needs before and beside its content."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.api.dependencies import AppServices
from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem
from services.api.identity.authenticator import SESSION_COOKIE, require_same_origin
from services.api.web.forms import Form, SentForm
from services.api.web.page_request import Reader, local_path, see_other
from services.api.web.preferences import THEME_COOKIE
from services.api.web.rendering import shell

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_YEAR = 31_536_000
_WRONG = "User name or password is not right."
_OLD_LINK = "This link was used already, or is older than 15 minutes. Get another: ./run mailtally user link"
_REFUSED = frozenset({"wrong_password", "too_many_attempts", "password_login_off"})


@router.get("/sign-in")
async def show_sign_in(
    request: Request,
    services: AppServices,
    next: str = "/",  # noqa: A002
    expired: bool = False,
    link: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The form; whoever is signed in already goes on. A link is used by a button: what only looks at it does not."""
    if link:
        return _page(request, Form(), way="/", link=link)
    if not expired and await _is_signed_in(request, services):
        return see_other(local_path(next))
    said = "You were signed out. Sign in to go on." if expired else ""
    return _page(request, Form(), way=next, said=said)


@router.post("/sign-in")
async def sign_in(request: Request, services: AppServices, form: SentForm) -> Response:
    """A session, and on to where the person wanted to go."""
    require_same_origin(request.headers)
    if form.text("link"):
        return await _by_link(request, services, form)
    address = request.client.host if request.client else ""
    try:
        signed_in = await services.identity.login.sign_in(
            form.text("username"), form.secret("password"), address=address
        )
    except Problem as problem:
        if problem.code not in _REFUSED:
            raise
        form.errors["username"] = {
            "wrong_password": _WRONG,
            "too_many_attempts": f"Too many tries. {problem.detail}",
        }.get(problem.code, problem.detail)
        answer = _page(request, form, way=form.text("next"), status=422)
        answer.headers.update(problem.headers)
        return answer
    return _with_session(request, services, signed_in.session, form.text("next"))


@router.post("/sign-out")
async def sign_out(request: Request, services: AppServices) -> Response:
    """End the session."""
    require_same_origin(request.headers)
    await services.identity.login.sign_out(request.cookies.get(SESSION_COOKIE))
    answer = see_other("/sign-in")
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.post("/theme")
async def choose_theme(request: Request, form: SentForm) -> Response:
    """Remember the theme; for browsers without scripts, the others set the cookie themselves."""
    before = urlsplit(request.headers.get("referer", ""))
    answer = see_other(local_path(before.path + (f"?{before.query}" if before.query else "")))
    answer.set_cookie(THEME_COOKIE, form.text("theme"), max_age=_YEAR, samesite="lax", path="/")
    return answer


async def _by_link(request: Request, services: AppServices, form: Form) -> Response:
    try:
        session = await services.identity.login.sign_in_by_link(form.text("link"))
    except Problem as problem:
        if problem.code != "invalid_token":
            raise
        form.errors[""] = _OLD_LINK
        return _page(request, form, way="/", status=422)
    return _with_session(request, services, session, "/")


def _with_session(request: Request, services: AppServices, session: str, way: str) -> Response:
    answer = see_other(local_path(way))
    answer.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=services.identity.login.session_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    return answer


async def _is_signed_in(request: Request, services: AppServices) -> bool:
    session = request.cookies.get(SESSION_COOKIE)
    if session is None:
        return False
    try:
        await services.identity.credentials.authenticate("session", session)
    except Problem:
        return False
    return True


def _page(request: Request, form: Form, *, way: str, said: str = "", link: str = "", status: int = 200) -> Response:
    context = {"form": form, "way": local_path(way), "said": said, "link": link, "host": request.url.hostname}
    return shell().answer(request, "sign_in.html", {**Reader.of(request).context(), **context}, status=status)
