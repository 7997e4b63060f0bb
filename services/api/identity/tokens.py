"""Who asks (`Principal`), and the bearer tokens that the api signs itself (JWT, HS256)."""

import datetime as dt
from typing import Any

import jwt
from pydantic import BaseModel, ConfigDict, SecretStr

from services.api.http.problems import Problem

TOKEN_SECONDS = 3600
_ALGORITHM = "HS256"
CLOCK_SKEW_SECONDS = 10
CLAIMS = ["sub", "iat", "exp"]


class Principal(BaseModel):
    """Who sends the request, as the credential says."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    name: str
    admin: bool
    expires_at: dt.datetime


class TokenSigner:
    """Signs and checks tokens with one secret."""

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret

    def issue(self, *, user_id: str, name: str, admin: bool) -> str:
        """A token that is valid from now for `TOKEN_SECONDS`."""
        now = dt.datetime.now(dt.UTC)
        claims = {
            "sub": user_id,
            "name": name,
            "admin": admin,
            "iat": now,
            "exp": now + dt.timedelta(seconds=TOKEN_SECONDS),
        }
        return jwt.encode(claims, self._secret.get_secret_value(), algorithm=_ALGORITHM)

    def verify(self, token: str) -> Principal:
        """The principal of a valid token; a `Problem` with status 401 otherwise."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret.get_secret_value(),
                algorithms=[_ALGORITHM],
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise refused("The token has expired.") from None
        except jwt.PyJWTError:
            raise refused("The token is not valid here.") from None
        return Principal(
            user_id=subject(claims),
            name=str(claims.get("name") or claims["sub"]),
            admin=claims.get("admin") is True,
            expires_at=dt.datetime.fromtimestamp(claims["exp"], dt.UTC),
        )


def subject(claims: dict[str, Any]) -> str:
    """Whom the claims name; a `Problem` when it is nobody."""
    named = claims["sub"]
    if not isinstance(named, str) or not named:
        raise refused("The token names nobody.")
    return named


def not_authenticated() -> Problem:
    """The answer to a request without any credential."""
    return Problem("not_authenticated", headers={"WWW-Authenticate": "Bearer"})


def refused(detail: str) -> Problem:
    """The answer to a credential that is not good (any more)."""
    return Problem("invalid_token", detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
