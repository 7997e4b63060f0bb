"""ASGI middleware for all requests: HEAD, security headers, time limits, metrics, unexpected
errors."""

import asyncio
import logging
import time
import traceback
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http.problems import Problem, problem_response
from services.api.http.rate_limit import ALLOWANCE_KEY
from services.api.metrics import Metrics
from shared.observability.telemetry import request_span
from shared.observability.tracing import current_trace_id, new_traceparent, trace_context, valid_traceparent
from shared.serving import CONNECTION_KEY

logger = logging.getLogger("mailtally.api")

_DISCONNECTED = {"event": "client_disconnected"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_RECEIVE_SECONDS = 30.0
"""A client whose body stalls for so long gets 408."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_OVER_TLS = (b"strict-transport-security", b"max-age=31536000")


class RequestMiddleware:
    """Wraps the whole application. `render_error` turns a problem into the form that the client
    asks for."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        render_error: Callable[[Scope, Response], Response] = lambda _, response: response,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._render_error = render_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; the lifespan passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # HEAD is GET without the body (RFC 9110 section 9.3.2).
        inner = {**scope, "method": "GET", CONNECTION_KEY: None} if scope["method"] == "HEAD" else scope
        sender = _ResponseSender(inner, send, self._metrics, method=scope["method"])
        if scope["method"] in _WITH_BODY:
            receive = _with_body_timeout(receive)
        incoming = valid_traceparent(_traceparent(scope)) or new_traceparent()
        with request_span(sender.method, incoming) as traceparent, trace_context(traceparent):
            try:
                await self._app(inner, receive, sender.send)
                await sender.end()
            except ClientDisconnect:
                logger.info(
                    "client disconnected before its request was complete", extra={"event": "client_disconnected"}
                )
            except Exception as error:  # noqa: BLE001 (whatever it is, the client gets a response and the log a trace)
                await self._fail(error, scope, receive, sender)

    async def _fail(self, error: Exception, scope: Scope, receive: Receive, sender: "_ResponseSender") -> None:
        trace_id = current_trace_id()
        # Only the place and the type are logged, as the text of an error may quote mail.
        frames = "".join(traceback.format_tb(error.__traceback__))
        extra = {"event": "request_failed", "trace_id": trace_id, "error": type(error).__name__, "frames": frames}
        logger.error("request failed", extra=extra)
        if sender.started:
            raise ConnectionAbortedError("the response was cut off; see the log") from None
        response = problem_response(Problem("internal_error"), path=scope["path"], trace_id=trace_id)
        await self._render_error(scope, response)(scope, receive, sender.send)


def _traceparent(scope: Scope) -> str | None:
    """Return the header from the raw list: `Headers` would decode the name of every header."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)


class _ResponseSender:
    """Sends the response of one request, adds headers to it and measures it."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics, *, method: str) -> None:
        self._scope = scope
        self._send = send
        self._metrics = metrics
        self._started_at = time.perf_counter()
        self.method = method if method in _METHODS else "OTHER"
        self._streams_events = False
        self._status = 0
        self._ended = False
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass an ASGI message on to the client."""
        is_head = self.method == "HEAD"
        if message["type"] == "http.response.start":
            self._begin(message)
            await self._send(message)
            if is_head:
                # End here, so that code which produces a body sees that the client takes none.
                await self._send({"type": "http.response.body", "body": b""})
            if is_head or self._streams_events:
                self._observe()
            return
        if is_head:
            return
        await self._send(message)
        self._ended = not message.get("more_body", False)
        if self._ended and not self._streams_events:
            self._observe()

    async def end(self) -> None:
        """End an event stream properly that was cut off when the service stopped."""
        if self._streams_events and not self._ended and self.method != "HEAD":
            await self._send({"type": "http.response.body", "body": b""})

    def _begin(self, message: Message) -> None:
        self.started = True
        self._status = message["status"]
        headers = dict(message["headers"])
        self._streams_events = headers.get(b"content-type", b"").startswith(b"text/event-stream")
        added = [header for header in _HEADERS if header[0] not in headers]
        if self._scope["scheme"] == "https":
            added.append(_OVER_TLS)
        allowance = self._scope.get(ALLOWANCE_KEY)
        if allowance is not None:
            added += allowance.headers()
        message["headers"] = [*message["headers"], *added]

    def _observe(self) -> None:
        template = getattr(self._scope.get("route"), "path", "none")
        elapsed = time.perf_counter() - self._started_at
        self._metrics.observe_request(self.method, template, self._status, elapsed)


def _with_body_timeout(receive: Receive) -> Receive:
    """Return `receive` with a limit on the silence between the chunks of a body."""
    complete = False

    async def receive_or_time_out() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout(_RECEIVE_SECONDS):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        complete = not message.get("more_body", False)
        return message

    return receive_or_time_out
