"""Wiring of authentication and sign-in."""

from dataclasses import dataclass

from services.api.http.rate_limit import RateLimiter
from services.api.identity.authenticator import Authenticator
from services.api.identity.credentials import Credentials
from services.api.identity.login import Login
from services.api.identity.oidc import OidcVerifier
from services.api.identity.passwords import Passwords
from services.api.identity.throttle import LoginThrottle
from services.api.identity.tokens import TokenSigner
from services.api.settings import ApiSettings
from shared.mongo import Database


@dataclass(frozen=True)
class IdentityServices:
    """Authenticate and limit requests, sign users in, and keep their credentials."""

    authenticator: Authenticator
    credentials: Credentials
    login: Login
    passwords: Passwords
    rate_limiter: RateLimiter
    tokens: TokenSigner | None
    """None when tokens come from an OpenID Connect issuer alone."""


def build_identity_services(settings: ApiSettings, database: Database) -> IdentityServices:
    """Create the services of identity."""
    tokens = TokenSigner(settings.jwt_secret) if settings.jwt_secret else None
    has_issuer = settings.oidc_issuer and settings.oidc_audience
    oidc = OidcVerifier(settings.oidc_issuer or "", settings.oidc_audience or "") if has_issuer else None
    credentials, passwords = Credentials(database), Passwords()
    login = Login(
        database,
        tokens=tokens,
        credentials=credentials,
        passwords=passwords,
        throttle=LoginThrottle(database),
        session_hours=settings.session_hours,
    )
    return IdentityServices(
        authenticator=Authenticator(credentials, tokens=tokens, oidc=oidc),
        credentials=credentials,
        login=login,
        passwords=passwords,
        rate_limiter=RateLimiter(settings.rate_limit_per_minute),
        tokens=tokens,
    )
