"""Error pages: problem responses, rendered for browsers."""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from services.api.http.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS, Problem
from services.api.web.preferences import ReaderPreferences
from services.api.web.rendering import renderer
from shared.mongo import UNAVAILABLE

_API = "/v1/"
_TITLES = {
    403: "You do not have access to this page",
    404: "Page not found",
    413: "Too large",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}
_SENTENCES = {
    "not_found": "This page does not exist, or you have no access to it.",
    "cross_site_request": "The form came from another site or an outdated page. Open the page again.",
    "database_unavailable": "Mailtally cannot reach its database. Nothing is lost.",
    "broker_unavailable": "Mailtally cannot reach its message broker. Nothing is lost.",
}


def error_page(scope: Scope, response: Response) -> Response:
    """Return a problem response as a page if a browser asked for a page, else `response` itself."""
    if response.media_type != MEDIA_TYPE or scope["path"].startswith(_API):
        return response
    request = Request(scope)
    if "text/html" not in request.headers.get("accept", ""):
        return response
    problem: dict[str, Any] = orjson.loads(bytes(response.body))
    status, trace_id = problem["status"], problem.get("trace_id")
    sentence = _SENTENCES.get(problem["code"], problem["detail"])
    if trace_id:
        sentence = f"Mailtally failed to handle this request. The log has the details under {trace_id}."
    retry_after = RETRY_AFTER_SECONDS if problem["code"].endswith("_unavailable") and request.method == "GET" else None
    context = {"title": _TITLES.get(status, problem["title"]), "sentence": sentence, "retry_after": retry_after}
    page = renderer().response(
        request, "error.html", {**ReaderPreferences.of(request).context(), **context}, status=status
    )
    page.headers.update({name: value for name, value in response.headers.items() if name in ("retry-after", "allow")})
    return page


def install(app: FastAPI) -> None:
    """Wrap the installed handlers of `services.api.http.problems`, so that browsers get pages."""
    for error in (Problem, HTTPException, RequestValidationError, *UNAVAILABLE):
        handler: Any = app.exception_handlers[error]

        async def handle(request: Request, raised: Exception, handler: Any = handler) -> Response:
            return error_page(request.scope, await handler(request, raised))

        app.add_exception_handler(error, handle)
