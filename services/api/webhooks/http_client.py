"""One post to an address that a user named: bounded in time and size, to checked addresses, past every redirect."""

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
_READ_BYTES, _READ_SECONDS = 4096, 2.0
"""So much of an answer is read, to end the connection in order, and thrown away: its status is all that counts."""
_MOST_CONNECTIONS = 200
_MOST_RETRY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Answer:
    """What came of a post. `status` is None where there was no answer, `error` where all is well."""

    status: int | None
    error: AttemptError | None
    seconds: float
    retry_after: dt.timedelta | None = None


class Sender:
    """Posts, each on a connection of its own: what was checked for one is not reused for another."""

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
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=0,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One attempt; whatever goes wrong on the way is in the answer."""
        began = time.monotonic()
        status, error, retry_after = await self._attempt(url, headers, body)
        return Answer(status, error, time.monotonic() - began, retry_after)

    async def close(self) -> None:
        """Close what is open."""
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
        told = {
            "Host": urlsplit(url).netloc,
            "User-Agent": f"Mailtally-Webhooks/{VERSION}",
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(body)),
            **headers,
        }
        async with self._pool.stream("POST", url, headers=list(told.items()), content=body) as response:
            with suppress(TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
                async with asyncio.timeout(_READ_SECONDS):
                    await _drain(response)
            return response.status, _fault(response.status), _retry_after(response.headers)


async def _drain(response: httpcore.Response) -> None:
    read = 0
    async for chunk in response.aiter_stream():
        read += len(chunk)
        if read >= _READ_BYTES:
            return


def _fault(status: int) -> AttemptError | None:
    match status // 100:
        case 2:
            return None
        case 3:
            return "redirect"
    return "status"


def _retry_after(headers: list[tuple[bytes, bytes]]) -> dt.timedelta | None:
    """RFC 9110 section 10.2.3: seconds or a date; what is neither is as if it was not there."""
    text = next((value for name, value in headers if name.lower() == b"retry-after"), b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return dt.timedelta(seconds=min(int(text[:9]), _MOST_RETRY_SECONDS))
    try:
        return max(parsedate_to_datetime(text) - utc_now(), dt.timedelta(0))
    except (TypeError, ValueError):
        return None
