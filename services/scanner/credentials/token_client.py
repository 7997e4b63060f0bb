"""Client of OAuth 2.0 token endpoints (RFC 6749); connects only to addresses that were checked."""

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
"""Error codes of RFC 6749; any other text of an endpoint is kept out of logs."""


class TokenUnavailableError(OSError):
    """The endpoint gave no answer, or none that decides: asking again may help."""


class GrantRefusedError(PermanentFailure):
    """The endpoint refuses a token for this grant, now and later."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.LOGIN_REFUSED, oauth2=True)


class GrantedToken(NamedTuple):
    """An access token and its lifetime in seconds.

    `refresh_token` replaces the one that was used, if it is not None.
    """

    access_token: str
    seconds: float
    refresh_token: str | None


class TokenClient:
    """Sends token requests; follows no redirect and logs nothing of what it sends or gets.

    `certificates` (PEM) are trusted in addition to the system's.
    """

    def __init__(self, policy: NetworkPolicy, certificates: str | None, *, lookup: Lookup = look_up) -> None:
        network = CheckedNetworkBackend(allow_private=policy.allow_private, lookup=lookup)
        # A context of its own: httpcore makes it offer HTTP (ALPN), which mail servers answer by
        # closing the connection.
        tls = tls_context(certificates)
        # A token lasts for an hour: no connection is worth keeping.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, network_backend=network, max_connections=20, max_keepalive_connections=0
        )

    async def request_token(self, url: str, form: Mapping[str, str]) -> GrantedToken:
        """Send one request and return the token.

        Raises `GrantRefusedError` or another `PermanentFailure` when asking again cannot help,
        OSError when it can.
        """
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
            raise TokenUnavailableError("no connection to the token endpoint") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise TokenUnavailableError(f"no answer from the token endpoint ({type(error).__name__})") from None
        return _granted(status, body)

    async def close(self) -> None:
        """Close the open connections."""
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
                    raise TokenUnavailableError("the token endpoint's answer is too large")
            return response.status, bytes(body)


def _granted(status: int, body: bytes) -> GrantedToken:
    if status in (_TIMED_OUT, _TOO_MANY) or status >= _SERVER_ERROR:
        raise TokenUnavailableError(f"the token endpoint answered with status {status}")
    answer = _parse(body)
    if status != _OK:
        error = answer.get("error")
        code = error if isinstance(error, str) and error in _KNOWN_ERRORS else "other"
        logger.warning("access token refused", extra={"event": "token_refused", "status": status, "reason": code})
        raise GrantRefusedError
    token, refresh_token, seconds = (answer.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(token, str) or not token:
        raise TokenUnavailableError("the token endpoint's answer has no token")
    return GrantedToken(
        token,
        _seconds(seconds),
        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
    )


def _parse(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _seconds(value: Any) -> float:
    """Return the lifetime; some endpoints give the number as text, some none."""
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return _DEFAULT_SECONDS
