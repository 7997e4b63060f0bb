"""Route class that limits the size of request bodies."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message

MAX_BODY_BYTES = 1024 * 1024


class BoundedRoute(APIRoute):
    """Responds to a body larger than `MAX_BODY_BYTES` with 413, as a problem.

    FastAPI's own `max_body_size` responds in plain text.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler behind the limit."""
        handle = super().get_route_handler()

        async def handle_bounded(request: Request) -> Response:
            declared = request.headers.get("content-length")
            if declared is not None:  # the server holds the body to it
                if int(declared) > MAX_BODY_BYTES:
                    raise HTTPException(413)
                return await handle(request)
            received = 0

            async def receive() -> Message:
                nonlocal received
                message = await request.receive()
                received += len(message.get("body", b""))
                if received > MAX_BODY_BYTES:
                    raise HTTPException(413)
                return message

            return await handle(Request(request.scope, receive))

        return handle_bounded
