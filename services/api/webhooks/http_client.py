"""HTTP client for addresses of users: bounded, allowed addresses only, no redirects."""

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpcore

from services.api.webhooks.schemas import AttemptError
from shared.events import CONTENT_TYPE, utc_now
from shared.net.address_policy import HostNotAllowed, HostUnknown, Lookup, look_up
from shared.net.pinned_http import CheckedNetworkBackend
from shared.version import VERSION

POST_SECONDS = 15.0
_MAX_RESPONSE_BYTES, _MAX_RESPONSE_SECONDS = 4096, 2.0
"""A response is read this far, so that the connection closes in order. Only its status is used."""
_MAX_CONNECTIONS = 200
_MAX_RETRY_AFTER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class PostResult:
    """Result of one post: `status` is None without a response, `error` is None on success."""

    status: int | None
    error: AttemptError | None
    seconds: float
    retry_after: dt.timedelta | None = None


class WebhookClient:
    """Posts each request on a connection of its own, so that every post checks its address anew."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        *,
        allow_private: bool,
        lookup: Lookup = look_up,
        post_seconds: float = POST_SECONDS,
    ) -> None:
        self._allow_private = allow_private
        self._post_seconds = post_seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            network_backend=CheckedNetworkBackend(allow_private=allow_private, lookup=lookup),
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=0,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> PostResult:
        """Post once. Network and protocol errors are in the result; nothing is raised for them."""
        began = time.monotonic()
        status, error, retry_after = await self._attempt(url, headers, body)
        return PostResult(status, error, time.monotonic() - began, retry_after)

    async def close(self) -> None:
        """Close open connections."""
        await self._pool.aclose()

    async def _attempt(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int | None, AttemptError | None, dt.timedelta | None]:
        if urlsplit(url).scheme != "https" and not self._allow_private:
            return None, "host_not_allowed", None
        try:
            async with asyncio.timeout(self._post_seconds):
                return await self._send(url, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            return None, "timeout", None
        except HostNotAllowed:
            return None, "host_not_allowed", None
        except HostUnknown:
            return None, "host_unknown", None
        except (httpcore.NetworkError, OSError) as error:
            is_tls = any(isinstance(cause, ssl.SSLError) for cause in (error, error.__cause__, error.__context__))
            return None, "tls" if is_tls else "connection", None
        except httpcore.ProtocolError:
            return None, "protocol", None

    async def _send(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, AttemptError | None, dt.timedelta | None]:
        headers_to_send = {
            "Host": urlsplit(url).netloc,
            "User-Agent": f"Mailtally-Webhooks/{VERSION}",
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(body)),
            **headers,
        }
        async with self._pool.stream("POST", url, headers=list(headers_to_send.items()), content=body) as response:
            with suppress(TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
                async with asyncio.timeout(_MAX_RESPONSE_SECONDS):
                    await _drain(response)
            return response.status, _error_of_status(response.status), _retry_after(response.headers)


async def _drain(response: httpcore.Response) -> None:
    read = 0
    async for chunk in response.aiter_stream():
        read += len(chunk)
        if read >= _MAX_RESPONSE_BYTES:
            return


def _error_of_status(status: int) -> AttemptError | None:
    match status // 100:
        case 2:
            return None
        case 3:
            return "redirect"
    return "status"


def _retry_after(headers: list[tuple[bytes, bytes]]) -> dt.timedelta | None:
    """Return the pause that Retry-After asks for (RFC 9110 section 10.2.3);

    None if absent or invalid.
    """
    text = next((value for name, value in headers if name.lower() == b"retry-after"), b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return dt.timedelta(seconds=min(int(text[:9]), _MAX_RETRY_AFTER_SECONDS))
    try:
        return max(parsedate_to_datetime(text) - utc_now(), dt.timedelta(0))
    except (TypeError, ValueError):
        return None
