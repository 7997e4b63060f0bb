"""Error responses of the api as `application/problem+json` (RFC 9457), and the list of their
codes."""

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
    """The HTTP status and the title of a code, and the detail where the caller gives none."""

    status: int
    title: str
    detail: str = ""


PROBLEM_TYPES = {
    "bad_request": ProblemType(400, "Malformed request"),
    "not_authenticated": ProblemType(401, "Authentication required"),
    "invalid_token": ProblemType(401, "Invalid token"),
    "wrong_password": ProblemType(401, "Wrong user name or password"),
    "admin_required": ProblemType(403, "Administrators only"),
    "cross_site_request": ProblemType(403, "Cross-site request refused"),
    "password_login_off": ProblemType(403, "Password sign-in is disabled"),
    "webhooks_off": ProblemType(403, "Webhooks are disabled"),
    "not_found": ProblemType(404, "Not found", "It does not exist, or you may not see it."),
    "method_not_allowed": ProblemType(405, "Method not allowed"),
    "not_viewable": ProblemType(406, "The document can be downloaded, but not shown"),
    "request_timeout": ProblemType(408, "Request timed out"),
    "idempotency_key_in_use": ProblemType(409, "A request with this Idempotency-Key is still in progress"),
    "mailbox_missing": ProblemType(409, "No mailbox uploaded yet"),
    "not_an_upload": ProblemType(409, "The mailbox is on a mail server"),
    "scan_running": ProblemType(409, "A scan of this account is running"),
    "scan_ended": ProblemType(409, "The scan has already ended"),
    "webhook_disabled": ProblemType(409, "The webhook is disabled"),
    "replay_running": ProblemType(409, "A replay of this webhook is running"),
    "upload_too_large": ProblemType(413, "Mailbox too large"),
    "changed_meanwhile": ProblemType(412, "Modified since you last read it"),
    "body_too_large": ProblemType(413, "Request body too large"),
    "invalid_request": ProblemType(422, "Invalid request"),
    "idempotency_key_reused": ProblemType(422, "The Idempotency-Key was used for another request"),
    "empty_mailbox": ProblemType(422, "The mailbox contains no messages"),
    "not_a_mailbox": ProblemType(422, "The file is not a mailbox"),
    "rate_limited": ProblemType(429, "Too many requests"),
    "too_many_attempts": ProblemType(429, "Too many sign-in attempts"),
    "too_many_checks": ProblemType(429, "Too many connection checks at once"),
    "internal_error": ProblemType(500, "Internal error"),
    "dead_letters_off": ProblemType(501, "Dead letters are not available"),
    "broker_unavailable": ProblemType(503, "Message broker unavailable"),
    "database_unavailable": ProblemType(503, "Database unavailable"),
    "issuer_unavailable": ProblemType(503, "Identity provider unavailable"),
    "deletion_under_way": ProblemType(503, "The account is deleted; its data will follow"),
    "check_timed_out": ProblemType(504, "The connection check timed out"),
}
"""The whole list: code -> problem type."""

_CODE_OF_STATUS = {
    401: "not_authenticated",
    403: "admin_required",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
    422: "invalid_request",
}


_DISCRIMINATOR_ERRORS = ("union_tag_invalid", "union_tag_not_found")
"""Pydantic's codes for a missing or unknown discriminator of a union."""


class Fault(BaseModel):
    """One error in a request; `pointer` (RFC 6901) names the place in the body, or
    `/query/<name>`."""

    pointer: str
    detail: str


class ProblemDetails(BaseModel):
    """The body of every error response (RFC 9457)."""

    type: str = Field(description="where the code is explained")
    title: str
    status: int
    detail: str
    instance: str = Field(description="path of the request")
    code: str = Field(description="stable name of the problem")
    errors: list[Fault] | None = None
    trace_id: str | None = Field(default=None, description="quote it when you report an internal error")


class Problem(MailtallyError):
    """Raised anywhere in the api to end the request with the response of this code."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        problem_type = PROBLEM_TYPES[code]
        self.code = code
        self.detail = detail or problem_type.detail or f"{problem_type.title}."
        self.errors = list(errors)
        self.headers = dict(headers or {})


def not_found() -> Problem:
    """Return the problem for what does not exist and, as it must look the same, for what another
    user owns."""
    return Problem("not_found")


def unavailable(code: str) -> Problem:
    """Return the problem for an unavailable server; the client may send the same request again."""
    return Problem(code, "Nothing was done. Try again shortly.", headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def problem_response(problem: Problem, *, path: str, trace_id: str | None = None) -> Response:
    """Return the response for `problem` to a request for `path`."""
    problem_type = PROBLEM_TYPES[problem.code]
    details = ProblemDetails(
        type=f"/docs/problems/{problem.code}",
        title=problem_type.title,
        status=problem_type.status,
        detail=problem.detail,
        instance=path,
        code=problem.code,
        errors=problem.errors or None,
        trace_id=trace_id,
    )
    return JSONResponse(
        details.model_dump(exclude_none=True),
        status_code=problem_type.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Respond to every expected error of `app` with a problem; `http.middleware` handles the
    unexpected ones."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _http_exceptions(routes))
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    for error in (*UNAVAILABLE, ExecutionTimeout):
        app.add_exception_handler(error, _on_database_unavailable)
    app.add_exception_handler(Exception, _reraise)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 (Starlette calls it with no other)
    return problem_response(error, path=request.url.path)


def _http_exceptions(routes: Sequence[BaseRoute]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 (Starlette calls it with no other)
        code = _CODE_OF_STATUS.get(error.status_code, "bad_request")
        headers = dict(error.headers or {})
        if code == "method_not_allowed":
            headers["Allow"] = _allowed(routes, request.url.path)
        return problem_response(Problem(code, headers=headers), path=request.url.path)

    return on_http_exception


def _allowed(routes: Sequence[BaseRoute], path: str) -> str:
    """Return the methods of all routes with this path; Starlette names those of the first only."""
    found = [route for route in routes if isinstance(route, Route) and route.path_regex.match(path)]
    if any(route.path == path for route in found):
        found = [route for route in found if route.path == path]
    methods = {method for route in found for method in route.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (Starlette calls it with no other)
    faults = [
        Fault(pointer=_pointer(item, error.body), detail=item["msg"].removeprefix("Value error, "))
        for item in error.errors()
    ]
    return problem_response(Problem("invalid_request", errors=faults), path=request.url.path)


async def _on_database_unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, PyMongoError)  # noqa: S101 (Starlette calls it with no other)
    logger.warning("database unavailable", extra={"event": "database_unavailable", "reason": type(error).__name__})
    return problem_response(unavailable("database_unavailable"), path=request.url.path)


async def _reraise(_: Request, error: Exception) -> Response:
    """Prevent Starlette's response in plain text, so that the error reaches the middleware."""
    raise error


def _pointer(item: Mapping[str, Any], body: Any) -> str:
    """Return a JSON pointer into the body; other places keep their name in front."""
    location: Sequence[str | int] = item["loc"]
    if location and location[0] == "body":
        parts = list(_path_in(body, location[1:], is_missing=item["type"] == "missing"))
        if item["type"] in _DISCRIMINATOR_ERRORS:
            parts.append(item["ctx"]["discriminator"].strip("'"))
    else:
        parts = list(location)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _path_in(body: Any, location: Sequence[str | int], *, is_missing: bool) -> Iterator[str | int]:
    """Yield the steps of `location` that the body has, and the last one if it is what is missing.

    The other steps are pydantic's names of union members.
    """
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
