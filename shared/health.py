"""Liveness, readiness and metrics over HTTP, the same for every service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.contract.routes import asyncapi_route

Check = Callable[[], Awaitable[bool]]

_CHECK_SECONDS = 3.0
_CACHE_SECONDS = 0.5


class Health:
    """Readiness as named checks: the broker, the database, and that the service's own work goes on."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)
        self._cached: tuple[float, dict[str, bool]] | None = None

    async def report(self) -> dict[str, bool]:
        """Return whether each check passes: not if it takes over 3 s or raises.

        Results are kept for 0.5 s.
        """
        if self._cached is not None and time.monotonic() - self._cached[0] < _CACHE_SECONDS:
            return self._cached[1]
        results = await asyncio.gather(*(self._run(check) for check in self._checks.values()))
        report = dict(zip(self._checks, results, strict=True))
        self._cached = (time.monotonic(), report)
        return report

    async def _run(self, check: Check) -> bool:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                return await check()
        except Exception:  # noqa: BLE001 (any error means: not ready)
            return False


def health_routes(health: Health, registry: CollectorRegistry) -> list[Route]:
    """Return `/livez` (the event loop runs), `/readyz` (200 or 503 and each check), `/metrics`,
    `/asyncapi.json`.

    The metrics show the same checks, as they are at the moment of the scrape.
    """
    passes = Gauge("mailtally_ready", "Whether a check of /readyz passes, 1 or 0", ["check"], registry=registry)

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        report = await health.report()
        ready = all(report.values())
        body = {"status": "ready" if ready else "not ready", "checks": report}
        return JSONResponse(body, status_code=200 if ready else 503)

    async def metrics(request: Request) -> Response:
        for check, passed in (await health.report()).items():
            passes.labels(check).set(passed)
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(registry), headers={"Content-Type": content_type})

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics), asyncapi_route()]
