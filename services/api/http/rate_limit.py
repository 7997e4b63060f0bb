"""Rate limit of each user (token bucket in the form of GCRA): one number a user, in this
process."""

import time
from dataclasses import dataclass

from services.api.http.problems import Problem

ALLOWANCE_KEY = "mailtally.allowance"
"""Key of the user's allowance in the ASGI scope, for the response header."""

_WINDOW_SECONDS = 60
_MAX_USERS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user has left: `remaining` requests at once, all of them again in `full_in`
    seconds."""

    limit: int
    remaining: int
    full_in: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the RateLimit header fields for HTTP (IETF draft, revision 10)."""
        return [
            (b"ratelimit-policy", b'"user";q=%d;w=%d' % (self.limit, _WINDOW_SECONDS)),
            (b"ratelimit", b'"user";r=%d;t=%d' % (self.remaining, self.full_in)),
        ]


class RateLimiter:
    """Allows each user `per_minute` requests at once, and as many again every minute."""

    def __init__(self, per_minute: int) -> None:
        self._limit = per_minute
        self._spacing = _WINDOW_SECONDS / per_minute if per_minute else 0.0
        self._empty_until: dict[str, float] = {}

    def consume(self, user_id: str) -> Allowance | None:
        """Count a request and return what is left, or None without a limit. Raises `Problem`
        429."""
        if not self._limit:
            return None
        now = time.monotonic()
        arrives = max(self._empty_until.get(user_id, 0.0), now) + self._spacing
        if arrives - now > _WINDOW_SECONDS:
            wait = str(max(1, round(arrives - now - _WINDOW_SECONDS)))
            fields = Allowance(self._limit, 0, _WINDOW_SECONDS).headers()
            headers = {name.decode(): value.decode() for name, value in fields}
            raise Problem("rate_limited", headers={"Retry-After": wait, **headers})
        if len(self._empty_until) >= _MAX_USERS:
            self._empty_until = {user: at for user, at in self._empty_until.items() if at > now}
        self._empty_until[user_id] = arrives
        left = int((_WINDOW_SECONDS - (arrives - now)) / self._spacing + 1e-6)
        return Allowance(self._limit, left, -int(-(arrives - now) // 1))
