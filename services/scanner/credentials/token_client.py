"""Asking a token endpoint for an access token (RFC 6749), at an address that was checked before it is connected to."""

import json
import logging
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import httpcore

from services.scanner.error_codes import ErrorCode, PermanentFailure
from shared.net.address_policy import HostNotAllowed, HostUnknown, Lookup, NetworkPolicy, look_up, tls_context
from shared.net.pinned_http import CheckedNetworkBackend

logger = logging.getLogger("mailtally.scanner.tokens")

_SECONDS = {"connect": 10.0, "read": 15.0, "write": 10.0, "pool": 10.0}
_MOST_BYTES = 256 * 1024
_OK, _TOO_MANY, _SERVER_ERROR, _TIMED_OUT = 200, 429, 500, 408
_DEFAULT_SECONDS = 300.0
_KNOWN_ERRORS = frozenset(
    {"invalid_grant", "invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "access_denied"}
)
"""Of RFC 6749; anything else that an endpoint says is not repeated in logs."""


class TokenUnavailable(OSError):
    """There is no answer, or none that decides: asking again may help."""


class GrantRefused(PermanentFailure):
    """The endpoint does not give a token for this grant, now or later."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.LOGIN_REFUSED)


class Granted(NamedTuple):
    """An access token, the seconds that it lasts, and the refresh token that replaces the one used, if one does."""

    access_token: str
    seconds: float
    refresh_token: str | None


class TokenRequests:
    """Sends token requests; follows no redirect and repeats nothing of what it sends or gets.

    `certificates` (PEM) are trusted beside the system's.
    """

    def __init__(self, policy: NetworkPolicy, certificates: str | None, *, lookup: Lookup = look_up) -> None:
        network = CheckedNetworkBackend(allow_private=policy.allow_private, lookup=lookup)
        # A context of its own: httpcore makes it offer HTTP (ALPN), for which a mail server ends the connection.
        tls = tls_context(certificates)
        # A token lasts for an hour: no connection is worth keeping.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, network_backend=network, max_connections=20, max_keepalive_connections=0
        )

    async def ask(self, url: str, form: Mapping[str, str]) -> Granted:
        """One request. Raises `GrantRefused` or another `PermanentFailure` when asking again cannot help, OSError when
        it can."""
        if urlsplit(url).scheme != "https":
            raise PermanentFailure(ErrorCode.HOST_NOT_ALLOWED)
        try:
            status, body = await self._post(url, form)
        except HostNotAllowed:
            raise PermanentFailure(ErrorCode.HOST_NOT_ALLOWED) from None
        except HostUnknown:
            raise PermanentFailure(ErrorCode.HOST_UNREACHABLE) from None
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError):
                raise PermanentFailure(ErrorCode.TLS_FAILED) from None
            raise TokenUnavailable("the token endpoint cannot be connected to") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise TokenUnavailable(f"no answer of the token endpoint ({type(error).__name__})") from None
        return _granted(status, body)

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()

    async def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        headers += [("Host", urlsplit(url).netloc), ("User-Agent", "mailtally")]
        content = urlencode(form).encode("ascii")
        async with self._pool.stream(
            "POST", url, headers=headers, content=content, extensions={"timeout": _SECONDS}
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise TokenUnavailable("the token endpoint sends too much")
            return response.status, bytes(body)


def _granted(status: int, body: bytes) -> Granted:
    if status in (_TIMED_OUT, _TOO_MANY) or status >= _SERVER_ERROR:
        raise TokenUnavailable(f"the token endpoint answers with status {status}")
    answer = _document(body)
    if status != _OK:
        error = answer.get("error")
        told = error if isinstance(error, str) and error in _KNOWN_ERRORS else "other"
        logger.warning("no access token", extra={"status": status, "reason": told})
        raise GrantRefused
    token, refresh_token, seconds = (answer.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(token, str) or not token:
        raise TokenUnavailable("the token endpoint gives no token")
    return Granted(
        token,
        _seconds(seconds),
        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
    )


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(value: Any) -> float:
    """Some endpoints give the number as text, some none."""
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return _DEFAULT_SECONDS
