"""Error answers as pages, for whoever asks for pages."""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from services.api.http.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS, Problem
from services.api.web.page_request import Reader
from services.api.web.rendering import shell
from shared.mongo import UNAVAILABLE

_API = "/v1/"
_TITLES = {
    403: "This page is not open to you",
    404: "Nothing here",
    413: "Too large",
    429: "Too fast",
    500: "Something broke",
    503: "Out of reach for a moment",
}
_SENTENCES = {
    "not_found": "There is nothing here, or it is not yours.",
    "cross_site_request": "The form was sent by another site, or from a page that is too old. Open the page again.",
    "database_unavailable": "Mailtally cannot reach its database. Nothing is lost.",
    "broker_unavailable": "Mailtally cannot reach its message broker. Nothing is lost.",
}


def as_page(scope: Scope, response: Response) -> Response:
    """The same error as a page, if the request is a browser's for a page; `response` itself otherwise."""
    if response.media_type != MEDIA_TYPE or scope["path"].startswith(_API):
        return response
    request = Request(scope)
    if "text/html" not in request.headers.get("accept", ""):
        return response
    told: dict[str, Any] = orjson.loads(bytes(response.body))
    status, trace_id = told["status"], told.get("trace_id")
    sentence = _SENTENCES.get(told["code"], told["detail"])
    if trace_id:
        sentence = f"Something broke inside Mailtally. It was logged under {trace_id}."
    again = RETRY_AFTER_SECONDS if told["code"].endswith("_unavailable") and request.method == "GET" else None
    context = {"title": _TITLES.get(status, told["title"]), "sentence": sentence, "again": again}
    page = shell().answer(request, "error.html", {**Reader.of(request).context(), **context}, status=status)
    page.headers.update({name: value for name, value in response.headers.items() if name in ("retry-after", "allow")})
    return page


def install(app: FastAPI) -> None:
    """Let the handlers of `services.api.http.problems`, which are in place already, answer browsers with pages."""
    for error in (Problem, HTTPException, RequestValidationError, *UNAVAILABLE):
        answer: Any = app.exception_handlers[error]

        async def answer_in_kind(request: Request, raised: Exception, answer: Any = answer) -> Response:
            return as_page(request.scope, await answer(request, raised))

        app.add_exception_handler(error, answer_in_kind)
