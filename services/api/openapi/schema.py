"""The OpenAPI document: FastAPI's, with every problem and header that a route's responses may
have."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from services.api.dependencies import admin_context, stream_context, user_context
from services.api.http.openapi_responses import Responses, merge_responses, problem_responses
from services.api.http.problems import ProblemDetails
from services.api.identity.authenticator import SESSION_COOKIE
from services.api.openapi.examples import EXAMPLES

_REFERENCE = "#/components/schemas/{model}"
_REPLACED = ("HTTPValidationError", "ValidationError")
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a token, or an API key"},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "from signing in"},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "one-time, for event streams"},
}


def describe(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Make `app.openapi` return this document of `routes`."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, routes)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI documents it


def _document(app: FastAPI, routes: Sequence[BaseRoute]) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        routes=routes,
    )
    components = schema["components"]["schemas"]
    for name in _REPLACED:
        components.pop(name, None)
    problem = ProblemDetails.model_json_schema(ref_template=_REFERENCE)
    components.update(problem.pop("$defs"))
    components["ProblemDetails"] = problem
    for name, example in EXAMPLES.items():
        components[name]["examples"] = [example]
    schema["components"]["securitySchemes"] = _SCHEMES
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(schema["paths"][route.path][method.lower()], route, method)
    return schema


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    calls = _calls(route.dependant)
    operation["responses"].pop("422", None)
    added: Responses = {str(status): response for status, response in _problems(route, method, calls).items()}
    operation["responses"] = dict(sorted(merge_responses(operation["responses"], added).items()))
    if calls & {user_context, admin_context}:
        operation["security"] = [{"bearer": []}, {"session": []}]
    if stream_context in calls:
        operation["security"] = [{"bearer": []}, {"session": []}, {"ticket": []}]
        operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "ticket"]


def _problems(route: APIRoute, method: str, calls: set[Any]) -> Responses:
    has_body = "requestBody" in (route.openapi_extra or {}) or route.body_field is not None
    codes = ["internal_error", "database_unavailable"]
    if calls & {user_context, admin_context, stream_context}:
        codes += ["not_authenticated", "invalid_token", "issuer_unavailable", "rate_limited"]
        codes += ["cross_site_request"] * (method in _UNSAFE)
        codes += ["admin_required"] * (admin_context in calls)
    codes += ["not_found"] * ("{" in route.path)
    if has_body:
        codes += ["bad_request", "request_timeout", "body_too_large"]
    if has_body or _has_parameters(route.dependant):
        codes.append("invalid_request")
    return problem_responses(*codes)


def _has_parameters(dependant: Dependant) -> bool:
    """Return whether the URL or the headers have anything that may be invalid."""
    narrow = any(field.field_info.metadata for field in dependant.path_params)
    free = dependant.query_params or dependant.header_params
    return bool(narrow or free) or any(map(_has_parameters, dependant.dependencies))


def _calls(dependant: Dependant) -> set[Any]:
    return {dependant.call, *(call for inner in dependant.dependencies for call in _calls(inner))}
