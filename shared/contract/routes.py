"""The contract over HTTP, for whoever has the address and no token: it holds nothing but what the code says."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.contract.asyncapi import asyncapi
from shared.contract.schemas import event_schema
from shared.events import EVENTS

_OPEN = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
"""Viewers and generators run in pages of other origins, and there is nothing to protect."""


def asyncapi_route() -> Route:
    """`/asyncapi.json`, the same from every service."""
    body = orjson.dumps(asyncapi())

    async def document(_: Request) -> Response:
        return Response(body, media_type="application/vnd.aai.asyncapi+json;version=3.0.0", headers=_OPEN)

    return Route("/asyncapi.json", document)


def schema_routes() -> list[Route]:
    """`/schemas`, which ones there are, and `/schemas/<routing key>.json`, what an event's `dataschema` names."""
    index = {"items": [{"type": key, "schema": f"/schemas/{key}.json"} for key in sorted(EVENTS)]}

    async def all_of_them(_: Request) -> Response:
        return JSONResponse(index, headers=_OPEN)

    async def one(request: Request) -> Response:
        key: str = request.path_params["key"]
        if key not in EVENTS:
            problem: dict[str, Any] = {"title": "There is no such event", "status": 404, "code": "not_found"}
            return JSONResponse(problem, 404, media_type="application/problem+json", headers=_OPEN)
        return Response(orjson.dumps(event_schema(key)), media_type="application/schema+json", headers=_OPEN)

    return [Route("/schemas", all_of_them), Route("/schemas/{key}.json", one)]
