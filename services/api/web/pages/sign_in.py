"""`/sign-in`, `/sign-out`, `/theme`: what a page needs before and beside its content."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.api.bounded_route import BoundedRoute
from services.api.dependencies import Use
from services.api.identity.authenticator import SESSION_COOKIE, refuse_other_sites
from services.api.problems import Problem
from services.api.web.forms import Form, SentForm
from services.api.web.preferences import THEME_COOKIE
from services.api.web.shell import shell
from services.api.web.visit import Reader, local_path, see_other

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_YEAR = 31_536_000
_WRONG = "User name or password is not right."
_REFUSED = frozenset({"wrong_password", "too_many_attempts", "password_login_off"})


@router.get("/sign-in")
async def show_sign_in(request: Request, use: Use, next: str = "/", expired: bool = False) -> Response:  # noqa: A002
    """The form; whoever is signed in already goes on."""
    if not expired and await _is_signed_in(request, use):
        return see_other(local_path(next))
    said = "You were signed out. Sign in to go on." if expired else ""
    return _page(request, Form(), way=next, said=said)


@router.post("/sign-in")
async def sign_in(request: Request, use: Use, form: SentForm) -> Response:
    """A session, and on to where the person wanted to go."""
    refuse_other_sites(request.headers)
    address = request.client.host if request.client else ""
    try:
        signed_in = await use.login.sign_in(form.text("username"), form.secret("password"), address=address)
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
    answer = see_other(local_path(form.text("next")))
    answer.set_cookie(
        SESSION_COOKIE,
        signed_in.session,
        max_age=signed_in.session_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, use: Use) -> Response:
    """End the session."""
    refuse_other_sites(request.headers)
    await use.login.sign_out(request.cookies.get(SESSION_COOKIE))
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


async def _is_signed_in(request: Request, use: Use) -> bool:
    session = request.cookies.get(SESSION_COOKIE)
    if session is None:
        return False
    try:
        await use.credentials.owner("session", session)
    except Problem:
        return False
    return True


def _page(request: Request, form: Form, *, way: str, said: str = "", status: int = 200) -> Response:
    context = {"form": form, "way": local_path(way), "said": said, "host": request.url.hostname}
    return shell().answer(request, "sign_in.html", {**Reader.of(request).context(), **context}, status=status)
