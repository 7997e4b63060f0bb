"""Bearer tokens (JWT, HS256) and who they stand for."""

import datetime as dt
from typing import Any

import jwt
from pydantic import BaseModel, ConfigDict, SecretStr

from services.api.problems import Problem

TOKEN_SECONDS = 3600
_ALGORITHM = "HS256"
_CLOCK_SKEW_SECONDS = 10
_CLAIMS = ["sub", "iat", "exp"]


class Principal(BaseModel):
    """Who sends the request, as the token's claims say."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    name: str
    admin: bool
    expires_at: dt.datetime


class Tokens:
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
                leeway=_CLOCK_SKEW_SECONDS,
                options={"require": _CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise _refused("The token has expired.") from None
        except jwt.PyJWTError:
            raise _refused("The token is not valid here.") from None
        if not claims["sub"]:
            raise _refused("The token names nobody.")
        return Principal(
            user_id=claims["sub"],
            name=str(claims.get("name") or claims["sub"]),
            admin=claims.get("admin") is True,
            expires_at=dt.datetime.fromtimestamp(claims["exp"], dt.UTC),
        )


def authenticate(tokens: Tokens, token: str | None) -> Principal:
    """The principal of a request that carries `token`, or none."""
    if not token:
        raise Problem("not_authenticated", headers={"WWW-Authenticate": "Bearer"})
    return tokens.verify(token)


def _refused(detail: str) -> Problem:
    return Problem("invalid_token", detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
