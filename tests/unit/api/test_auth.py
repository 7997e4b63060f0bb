"""Bearer tokens."""

import datetime as dt
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from services.api.http.problems import Problem
from services.api.identity.tokens import TOKEN_SECONDS, TokenSigner
from services.api.settings import ApiSettings
from shared.errors import SettingsError
from shared.settings import load
from tests.support.keys import PUBLIC_KEY

SECRET = "0123456789abcdef" * 4
TOKENS = TokenSigner(SecretStr(SECRET))
FAR = dt.datetime(2096, 1, 1, tzinfo=dt.UTC)


def a_token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    now = dt.datetime.now(dt.UTC)
    # Those made as parameters are verified when all other tests may have run: nothing but what is said is wrong then.
    facts = {"sub": "u1", "name": "anna", "admin": False, "iat": now, "exp": FAR, **claims}
    return jwt.encode({name: value for name, value in facts.items() if value is not None}, secret, algorithm)


def test_an_issued_token_stands_for_its_user_and_is_short_lived() -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    principal = TOKENS.verify(TOKENS.issue(user_id="u1", name="anna", admin=True))
    after = dt.datetime.now(dt.UTC)
    assert (principal.user_id, principal.name, principal.admin) == ("u1", "anna", True)
    assert before <= principal.expires_at - dt.timedelta(seconds=TOKEN_SECONDS) <= after


@pytest.mark.parametrize("admin", [None, False, 1, "true", "admin"])
def test_nothing_but_true_makes_an_administrator(admin: Any) -> None:
    assert TOKENS.verify(a_token(admin=admin)).admin is False


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        a_token(secret="another secret of thirty-two byte"),
        a_token(algorithm="HS512"),
        jwt.encode({"sub": "u1", "iat": 0, "exp": 4e9}, "", "none"),
        a_token(exp=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)),
        a_token(iat=FAR),
        a_token(exp=None),
        a_token(iat=None),
        a_token(sub=None),
        a_token(sub=""),
    ],
)
def test_any_other_token_is_refused(token: str) -> None:
    with pytest.raises(Problem) as refused:
        TOKENS.verify(token)
    assert refused.value.code == "invalid_token"
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_short_secret_stops_the_start_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTALLY_AMQP_URL", "amqp://x")
    monkeypatch.setenv("MAILTALLY_MONGO_URL", "mongodb://x")
    monkeypatch.setenv("MAILTALLY_JWT_SECRET", "too short")
    with pytest.raises(SettingsError, match=r"MAILTALLY_JWT_SECRET.*32 bytes") as refused:
        load(ApiSettings)
    assert "too short" not in str(refused.value)


def test_without_a_secret_there_must_be_an_issuer_and_its_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTALLY_AMQP_URL", "amqp://x")
    monkeypatch.setenv("MAILTALLY_MONGO_URL", "mongodb://x")
    monkeypatch.setenv("MAILTALLY_SEAL_PUBLIC_KEY", PUBLIC_KEY)
    with pytest.raises(SettingsError, match=r"MAILTALLY_JWT_SECRET.*not set.*MAILTALLY_OIDC_ISSUER"):
        load(ApiSettings)
    monkeypatch.setenv("MAILTALLY_OIDC_ISSUER", "https://id.example")
    with pytest.raises(SettingsError, match=r"MAILTALLY_OIDC_AUDIENCE.*not set"):
        load(ApiSettings)
    monkeypatch.setenv("MAILTALLY_OIDC_AUDIENCE", "mailtally")
    assert load(ApiSettings).jwt_secret is None
