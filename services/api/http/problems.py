"""Every error answer of the api, as `application/problem+json` (RFC 9457)."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pymongo.errors import ExecutionTimeout, PyMongoError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from shared.errors import MailtallyError
from shared.mongo import UNAVAILABLE

logger = logging.getLogger("mailtally.api.problems")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


class ProblemType(NamedTuple):
    """What a code stands for."""

    status: int
    title: str


PROBLEM_TYPES = {
    "bad_request": ProblemType(400, "The request cannot be read"),
    "not_authenticated": ProblemType(401, "A bearer token or a session is needed"),
    "invalid_token": ProblemType(401, "The token is not valid"),
    "wrong_password": ProblemType(401, "User name or password is not right"),
    "admin_required": ProblemType(403, "Only administrators may do this"),
    "cross_site_request": ProblemType(403, "The request comes from another site"),
    "password_login_off": ProblemType(403, "Signing in with a password is off here"),
    "webhooks_off": ProblemType(403, "Webhooks are off here"),
    "not_found": ProblemType(404, "There is nothing here, or it is not yours"),
    "method_not_allowed": ProblemType(405, "This address does not know that method"),
    "not_viewable": ProblemType(406, "The document can be downloaded, but not shown"),
    "request_timeout": ProblemType(408, "The request did not arrive in time"),
    "idempotency_key_in_use": ProblemType(409, "The first request with this Idempotency-Key is still being answered"),
    "mailbox_missing": ProblemType(409, "The account has no mailbox yet"),
    "not_an_upload": ProblemType(409, "The mail of this account is read from its server"),
    "scan_running": ProblemType(409, "A scan of this account is under way"),
    "scan_ended": ProblemType(409, "The scan has ended already"),
    "webhook_disabled": ProblemType(409, "The webhook is disabled"),
    "replay_running": ProblemType(409, "A replay of this webhook is under way"),
    "upload_too_large": ProblemType(413, "The mailbox is larger than the limit"),
    "changed_meanwhile": ProblemType(412, "It was changed since you read it"),
    "body_too_large": ProblemType(413, "The request is larger than the limit"),
    "invalid_request": ProblemType(422, "The request is not valid"),
    "idempotency_key_reused": ProblemType(422, "The Idempotency-Key belongs to another request"),
    "empty_mailbox": ProblemType(422, "The mailbox holds no message"),
    "not_a_mailbox": ProblemType(422, "The file is not a mailbox"),
    "rate_limited": ProblemType(429, "Too many requests"),
    "too_many_attempts": ProblemType(429, "Too many tries to sign in"),
    "too_many_checks": ProblemType(429, "Too many accounts are being checked at once"),
    "internal_error": ProblemType(500, "Something went wrong inside"),
    "dead_letters_off": ProblemType(501, "Dead letters cannot be reached from here"),
    "broker_unavailable": ProblemType(503, "The message broker is away"),
    "database_unavailable": ProblemType(503, "The database is away"),
    "issuer_unavailable": ProblemType(503, "The issuer of the tokens is away"),
    "deletion_under_way": ProblemType(503, "The account is gone, and what belongs to it will be"),
    "check_timed_out": ProblemType(504, "The check took too long"),
}
"""Code -> status and title: the whole list."""

_CODE_OF_STATUS = {
    401: "not_authenticated",
    403: "admin_required",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
    422: "invalid_request",
}


_UNKNOWN_KIND = ("union_tag_invalid", "union_tag_not_found")
"""Pydantic's codes for a field that decides what the others are, and does not."""


class Fault(BaseModel):
    """One thing wrong with a request; `pointer` (RFC 6901) names the place in the body, or `/query/<name>`."""

    pointer: str
    detail: str


class ProblemDetails(BaseModel):
    """The body of every error answer (RFC 9457)."""

    type: str = Field(description="where the code is explained")
    title: str
    status: int
    detail: str
    instance: str = Field(description="path of the request")
    code: str = Field(description="stable name of the problem")
    errors: list[Fault] | None = None
    trace_id: str | None = Field(default=None, description="quote it when you report an internal error")


class Problem(MailtallyError):
    """Raised anywhere in the api to end the request with the answer of that code."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or f"{PROBLEM_TYPES[code].title}."
        self.errors = list(errors)
        self.headers = dict(headers or {})


def not_found() -> Problem:
    """The one answer for what does not exist and for what belongs to somebody else."""
    return Problem("not_found")


def unavailable(code: str) -> Problem:
    """A server that is needed is away; the same request may be sent again."""
    return Problem(code, "Nothing was done. Try again shortly.", headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def respond(problem: Problem, *, path: str, trace_id: str | None = None) -> Response:
    """The answer for `problem` to a request for `path`."""
    kind = PROBLEM_TYPES[problem.code]
    details = ProblemDetails(
        type=f"/docs/problems/{problem.code}",
        title=kind.title,
        status=kind.status,
        detail=problem.detail,
        instance=path,
        code=problem.code,
        errors=problem.errors or None,
        trace_id=trace_id,
    )
    return JSONResponse(
        details.model_dump(exclude_none=True),
        status_code=kind.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Answer every expected error of `app` with a problem; `http.middleware` answers the unexpected ones."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _http_exceptions(routes))
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    for error in (*UNAVAILABLE, ExecutionTimeout):
        app.add_exception_handler(error, _on_database_unavailable)
    app.add_exception_handler(Exception, _leave_to_the_edge)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 (what Starlette promises)
    return respond(error, path=request.url.path)


def _http_exceptions(routes: Sequence[BaseRoute]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 (what Starlette promises)
        code = _CODE_OF_STATUS.get(error.status_code, "bad_request")
        headers = dict(error.headers or {})
        if code == "method_not_allowed":
            headers["Allow"] = _allowed(routes, request.url.path)
        return respond(Problem(code, headers=headers), path=request.url.path)

    return on_http_exception


def _allowed(routes: Sequence[BaseRoute], path: str) -> str:
    """The methods of all routes with this path; Starlette names those of the first only."""
    found = [route for route in routes if isinstance(route, Route) and route.path_regex.match(path)]
    if any(route.path == path for route in found):
        found = [route for route in found if route.path == path]
    methods = {method for route in found for method in route.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (what Starlette promises)
    faults = [
        Fault(pointer=_pointer(item, error.body), detail=item["msg"].removeprefix("Value error, "))
        for item in error.errors()
    ]
    return respond(Problem("invalid_request", errors=faults), path=request.url.path)


async def _on_database_unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, PyMongoError)  # noqa: S101 (what Starlette promises)
    logger.warning("the database is away", extra={"reason": type(error).__name__})
    return respond(unavailable("database_unavailable"), path=request.url.path)


async def _leave_to_the_edge(_: Request, error: Exception) -> Response:
    """Starlette would answer in plain text before it lets the error through."""
    raise error


def _pointer(item: Mapping[str, Any], body: Any) -> str:
    """A JSON pointer into the body; other places keep their name in front."""
    location: Sequence[str | int] = item["loc"]
    if location and location[0] == "body":
        parts = list(_path_in(body, location[1:], is_missing=item["type"] == "missing"))
        if item["type"] in _UNKNOWN_KIND:
            parts.append(item["ctx"]["discriminator"].strip("'"))
    else:
        parts = list(location)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _path_in(body: Any, location: Sequence[str | int], *, is_missing: bool) -> Iterator[str | int]:
    """The steps of `location` that the body has; the others name a kind of source, not a place. What is missing is
    named by the last one."""
    for number, step in enumerate(location, start=1):
        if isinstance(body, dict) and step not in body:
            if is_missing and number == len(location):
                yield step
            continue
        yield step
        if isinstance(body, dict):
            body = body[step]
        else:
            body = body[step] if isinstance(body, list) and isinstance(step, int) else None
