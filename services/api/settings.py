"""Settings of the api."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shared.sealing import Sealer, read_keys
from shared.settings import MailSettings, ServiceSettings, certificates

_SECRET_BYTES = 32


class WebhookSettings(ServiceSettings):
    """Webhook settings of both processes of the api."""

    webhook_key: SecretStr | None = Field(
        default=None,
        description="encrypts the signing secrets of webhooks: 32 bytes in base64; several by comma, the newest first",
    )
    allow_private_webhook_hosts: bool = Field(
        default=False, description="also http, loopback and private networks: for tests and receivers of one's own"
    )

    @field_validator("webhook_key")
    @classmethod
    def are_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        """Check the keys before anything starts."""
        if keys is not None:
            read_keys(keys.get_secret_value())
        return keys


class DeliverySettings(WebhookSettings):
    """Settings of the process that delivers to webhooks."""

    webhook_key: SecretStr = Field(description="the same as the api's")
    webhook_ca: str | None = Field(default=None, description="certificates (PEM) to trust beside the system's")

    @field_validator("webhook_ca")
    @classmethod
    def holds_certificates(cls, text: str | None) -> str | None:
        """Check the certificates before anything starts."""
        return certificates(text)


class ApiSettings(MailSettings, WebhookSettings):
    """Settings of every service, and those of the api."""

    oidc_issuer: str | None = Field(
        default=None, pattern="^https?://", description="whose tokens are accepted (OpenID Connect)"
    )
    oidc_audience: str | None = Field(default=None, validate_default=True, description="what those tokens are for")
    jwt_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="key of the bearer tokens (HS256); needed without an issuer"
    )
    operator_amqp_url: str | None = Field(
        default=None,
        pattern="^amqps?://",
        description="RabbitMQ, with the user for dead letters; without: they are off",
    )
    grafana_url: str | None = Field(
        default=None, pattern="^https?://", description="where administrators find the dashboards; a link on the page"
    )
    seal_public_key: str = Field(description="seals the secrets of mailboxes: 32 bytes in base64")
    session_hours: int = Field(default=12, ge=1, le=720, description="life of a browser's session")
    rate_limit_per_minute: int = Field(default=30_000, ge=0, description="requests of one user; 0: no limit")
    cors_origins: str = Field(default="", description="origins of pages that may call the api, with commas between")
    trusted_proxies: str = Field(default="", description="proxies whose X-Forwarded headers are believed, or *")
    max_upload_mb: int = Field(default=1024, ge=1, description="largest mailbox upload, in MiB")

    @field_validator("jwt_secret")
    @classmethod
    def long_enough(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Require a key of at least the size of the hash (RFC 7518 section 3.2)."""
        if secret is None:
            if info.data.get("oidc_issuer") is None:
                raise ValueError("is not set, and neither is MAILTALLY_OIDC_ISSUER")
        elif len(secret.get_secret_value().encode()) < _SECRET_BYTES:
            raise ValueError(f"must be at least {_SECRET_BYTES} bytes long")
        return secret

    @field_validator("oidc_audience")
    @classmethod
    def audience_with_issuer(cls, audience: str | None, info: ValidationInfo) -> str | None:
        """Require an audience: without it, a token that the issuer made for another service would
        be valid here."""
        if audience is None and info.data.get("oidc_issuer") is not None:
            raise ValueError("is not set, but MAILTALLY_OIDC_ISSUER is")
        return audience

    @field_validator("seal_public_key")
    @classmethod
    def is_a_key(cls, key: str) -> str:
        """Check the key before anything starts."""
        Sealer(key)
        return key

    @property
    def max_upload_bytes(self) -> int:
        """Return the upload limit in bytes."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def allowed_origins(self) -> list[str]:
        """Return the origins of `cors_origins`."""
        return _listed(self.cors_origins)

    @property
    def proxies(self) -> list[str]:
        """Return the addresses of `trusted_proxies`."""
        return _listed(self.trusted_proxies)


def _listed(text: str) -> list[str]:
    return [item for item in (part.strip() for part in text.split(",")) if item]
