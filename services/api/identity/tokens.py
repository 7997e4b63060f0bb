"""The authenticated user (`Principal`), and the bearer tokens that the api signs itself (JWT,
HS256)."""

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
    """The authenticated user of a request, as the credential says."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    name: str
    admin: bool
    expires_at: dt.datetime


class TokenSigner:
    """Signs and verifies tokens with one secret."""

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret

    def issue(self, *, user_id: str, name: str, admin: bool) -> str:
        """Return a token that is valid from now for `TOKEN_SECONDS`."""
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
        """Return the principal of a valid token; raises `Problem` 401."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret.get_secret_value(),
                algorithms=[_ALGORITHM],
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise invalid_token("The token has expired.") from None
        except jwt.PyJWTError:
            raise invalid_token("The token is not valid here.") from None
        return Principal(
            user_id=subject(claims),
            name=str(claims.get("name") or claims["sub"]),
            admin=claims.get("admin") is True,
            expires_at=dt.datetime.fromtimestamp(claims["exp"], dt.UTC),
        )


def subject(claims: dict[str, Any]) -> str:
    """Return the subject of the claims; raises `Problem` 401 if there is none."""
    named = claims["sub"]
    if not isinstance(named, str) or not named:
        raise invalid_token("The token has no subject.")
    return named


def not_authenticated() -> Problem:
    """Return the problem for a request without any credential."""
    return Problem("not_authenticated", headers={"WWW-Authenticate": "Bearer"})


def invalid_token(detail: str) -> Problem:
    """Return the problem for a credential that is not, or no longer, valid."""
    return Problem("invalid_token", detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
