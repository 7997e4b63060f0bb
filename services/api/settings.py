"""Settings of the api."""

from pydantic import Field, SecretStr, field_validator

from shared.sealing import Sealer
from shared.settings import MailSettings

_SECRET_BYTES = 32


class ApiSettings(MailSettings):
    """What every service needs, and the api's own."""

    jwt_secret: SecretStr = Field(description="key of the bearer tokens (HS256)")
    seal_public_key: str = Field(description="seals the secrets of mailboxes: 32 bytes in base64")
    max_upload_mb: int = Field(default=1024, ge=1, description="largest mailbox upload, in MiB")

    @field_validator("jwt_secret")
    @classmethod
    def long_enough(cls, secret: SecretStr) -> SecretStr:
        """RFC 7518 section 3.2: a key of at least the size of the hash."""
        if len(secret.get_secret_value().encode()) < _SECRET_BYTES:
            raise ValueError(f"must be at least {_SECRET_BYTES} bytes long")
        return secret

    @field_validator("seal_public_key")
    @classmethod
    def is_a_key(cls, key: str) -> str:
        """Tried out before anything starts."""
        Sealer(key)
        return key

    @property
    def max_upload_bytes(self) -> int:
        """The upload limit in bytes."""
        return self.max_upload_mb * 1024 * 1024
