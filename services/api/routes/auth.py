"""Routes of `/v1/auth` and `/v1/keys`: sign-in, and keys for programs."""

import datetime as dt

from fastapi import APIRouter, Request, Response

from services.api.dependencies import AppServices, UserContext
from services.api.http.body_limit import BoundedRoute
from services.api.http.openapi_responses import LOCATION, problem_responses
from services.api.http.problems import not_found
from services.api.identity.authenticator import SESSION_COOKIE, require_same_origin
from services.api.identity.credentials import expiry
from services.api.identity.schemas import AccessToken, ApiKey, ApiKeys, LoginBody, NewKey, ShownKey
from shared.mongo import Document

router = APIRouter(prefix="/v1", tags=["auth"], route_class=BoundedRoute)

_COOKIE = {"Set-Cookie": {"description": "the session, for browsers", "schema": {"type": "string"}}}


@router.post(
    "/auth/login",
    responses={
        200: {"headers": _COOKIE},
        **problem_responses("wrong_password", "password_login_off", "too_many_attempts"),
    },
)
async def sign_in(body: LoginBody, request: Request, services: AppServices, response: Response) -> AccessToken:
    """Sign in with a name and a password for a short-lived token (programs) and a session cookie
    (browsers)."""
    address = request.client.host if request.client else ""
    signed_in = await services.identity.login.sign_in(body.username, body.password, address=address)
    response.set_cookie(
        SESSION_COOKIE,
        signed_in.session,
        max_age=signed_in.session_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    return signed_in.token


@router.post("/auth/logout", status_code=204, responses=problem_responses("cross_site_request"))
async def sign_out(request: Request, services: AppServices, response: Response) -> None:
    """End the session of the cookie, if there is one."""
    session = request.cookies.get(SESSION_COOKIE)
    if session is not None:
        require_same_origin(request.headers)
    await services.identity.login.sign_out(session)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")


@router.post("/keys", status_code=201, responses={201: {"headers": LOCATION}})
async def make_key(new: NewKey, ctx: UserContext, response: Response) -> ShownKey:
    """Create a key for a program. Its text is shown this once."""
    lifetime = None if new.expires_in_days is None else dt.timedelta(days=new.expires_in_days)
    text, stored = await ctx.services.identity.credentials.create("key", ctx.user, lifetime=lifetime, label=new.label)
    response.headers["Location"] = f"/v1/keys/{stored['key_id']}"
    return ShownKey(**_shown(stored).model_dump(), key=text)


@router.get("/keys")
async def list_keys(ctx: UserContext) -> ApiKeys:
    """List the user's keys, newest first."""
    return ApiKeys(items=[_shown(key) for key in await ctx.services.identity.credentials.list_keys(ctx.user_id)])


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: str, ctx: UserContext) -> None:
    """Revoke a key: it is invalid from now on."""
    if not await ctx.services.identity.credentials.revoke_key(ctx.user_id, key_id):
        raise not_found()


def _shown(key: Document) -> ApiKey:
    return ApiKey.model_validate({**key, "expires_at": expiry(key)})
