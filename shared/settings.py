"""Settings from environment variables, each also as NAME_FILE, validated before the service starts."""

import os
import ssl
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import SettingsError

PREFIX = "MAILTALLY_"
_LAST_PORT = 65_535


class FileSecrets(PydanticBaseSettingsSource):
    """Reads MAILTALLY_NAME_FILE for every field, as containers pass secrets: the stripped text of
    the file."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 (interface)
        """Return the content of the named file, or None when the variable is not set."""
        variable = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(variable)
        if path is None:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise SettingsError(f"{variable}: the file cannot be read: {error.strerror}") from None

    def __call__(self) -> dict[str, Any]:
        """Return all fields whose _FILE variable is set."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class ServiceSettings(BaseSettings):
    """Settings of every service. A plain variable has priority over its _FILE."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    amqp_url: str = Field(pattern="^amqps?://", description="RabbitMQ, with this service's own user")
    mongo_url: str = Field(pattern=r"^mongodb(\+srv)?://", description="MongoDB, with this service's own user")
    mongo_database: str = Field(default="mailtally", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    http_host: str = Field(default="127.0.0.1", description="address of health, metrics and, for the api, REST")
    http_port: int = Field(default=8000, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (interface)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (interface)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments first, then the environment, then the _FILE variables."""
        return init_settings, env_settings, FileSecrets(settings_cls)


class MailSettings(ServiceSettings):
    """Mail servers that are allowed: the api refuses others by name, the scanner by resolved
    address."""

    mail_ports: str = Field(default="143,993", description="the ports that mail servers may have, by comma")
    allow_private_mail_hosts: bool = Field(default=False, description="also loopback and private networks")

    @field_validator("mail_ports")
    @classmethod
    def are_ports(cls, text: str) -> str:
        """Validate that all are numbers from 1 to 65535."""
        _ports(text)
        return text

    @property
    def allowed_mail_ports(self) -> frozenset[int]:
        """Return `mail_ports` as numbers."""
        return _ports(self.mail_ports)


def _ports(text: str) -> frozenset[int]:
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isascii() and number.isdigit() and 0 < int(number) <= _LAST_PORT for number in numbers):
        raise ValueError("must be port numbers with commas between them, such as 143,993")
    return frozenset(map(int, numbers))


def certificates(text: str | None) -> str | None:
    """Validate that the text, if any, holds certificates in PEM form. Raises ValueError."""
    if text is not None:
        try:
            ssl.create_default_context(cadata=text)
        except ssl.SSLError:
            raise ValueError("it holds no certificate in PEM form") from None
    return text


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(settings: type[SettingsT]) -> SettingsT:
    """Read the settings of a service.

    Raises `SettingsError` with one sentence that names the variable and never shows a value, which
    may be a secret.
    """
    try:
        return settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        variable = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        if first["type"] == "missing":
            raise SettingsError(f"{variable} (or {variable}_FILE) is not set.") from None
        raise SettingsError(f"{variable}: {first['msg']}.") from None
