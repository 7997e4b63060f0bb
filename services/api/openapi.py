"""The OpenAPI document: FastAPI's, with the errors as they really are."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.problems import MEDIA_TYPE, ProblemDetails

_REFERENCE = "#/components/schemas/{model}"
_REPLACED = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Let `app` describe every error as a problem instead of FastAPI's own form."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the way that FastAPI's documentation gives


def _document(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, openapi_version=app.openapi_version, routes=app.routes)
    components = schema["components"]["schemas"]
    for name in _REPLACED:
        components.pop(name, None)
    problem = ProblemDetails.model_json_schema(ref_template=_REFERENCE)
    components.update(problem.pop("$defs"))
    components["ProblemDetails"] = problem
    answer = {
        "description": "Any error",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemDetails")}}},
    }
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    return schema
