"""Routes of the contract, public without a token: it is generated from the code and holds no data."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.contract.asyncapi import asyncapi
from shared.contract.schemas import event_schema
from shared.events import EVENTS

_PUBLIC = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
"""Viewers and generators run on pages of other origins, and the contract is public."""


def asyncapi_route() -> Route:
    """Return the route `/asyncapi.json`, the same in every service."""
    body = orjson.dumps(asyncapi())

    async def document(_: Request) -> Response:
        return Response(body, media_type="application/vnd.aai.asyncapi+json;version=3.0.0", headers=_PUBLIC)

    return Route("/asyncapi.json", document)


def schema_routes() -> list[Route]:
    """Return the routes `/schemas`, an index, and `/schemas/<routing key>.json`, which `dataschema`
    names."""
    index = {"items": [{"type": key, "schema": f"/schemas/{key}.json"} for key in sorted(EVENTS)]}

    async def list_schemas(_: Request) -> Response:
        return JSONResponse(index, headers=_PUBLIC)

    async def get_schema(request: Request) -> Response:
        key: str = request.path_params["key"]
        if key not in EVENTS:
            problem: dict[str, Any] = {"title": "No such event", "status": 404, "code": "not_found"}
            return JSONResponse(problem, 404, media_type="application/problem+json", headers=_PUBLIC)
        return Response(orjson.dumps(event_schema(key)), media_type="application/schema+json", headers=_PUBLIC)

    return [Route("/schemas", list_schemas), Route("/schemas/{key}.json", get_schema)]
