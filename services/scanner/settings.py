"""Settings of the scanner, from the environment."""

import os
import ssl
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, field_validator
from pydantic_settings import NoDecode

from services.scanner.network import NetworkPolicy
from shared.settings import ServiceSettings


def _ports(value: object) -> object:
    return [port.strip() for port in value.split(",")] if isinstance(value, str) else value


Port = Annotated[int, Field(ge=1, le=65535)]
Ports = Annotated[
    frozenset[Port],
    NoDecode,
    BeforeValidator(_ports),
    PlainSerializer(lambda ports: ",".join(map(str, sorted(ports)))),
]
"""As text: numbers separated by commas."""


class ScannerSettings(ServiceSettings):
    """What the scanner needs beyond the common settings."""

    max_active_scans_per_user: int = Field(default=4, ge=1, le=1000)
    slice_messages: int = Field(default=200, ge=1, le=100_000, description="messages of one unit of work")
    slice_window: int = Field(default=4, ge=1, le=1000, description="slices of one scan that are released at a time")
    slice_lease_s: float = Field(default=30, ge=1, le=600, description="after this long a silent worker is given up")
    scanner_concurrency: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    max_message_mb: int = Field(default=50, ge=1, le=1024, description="a larger message is not examined")
    allow_private_mail_hosts: bool = Field(default=False, description="also mail servers in private networks")
    mail_ports: Ports = Field(default=frozenset({143, 993}), description="ports of mail servers")
    mail_ca: str | None = Field(default=None, description="certificates (PEM) to trust beside the system's")
    mail_connections: int = Field(default=4, ge=1, le=100, description="connections to one account, all scanners'")

    ledger_days: int = Field(default=400, ge=1, le=36_500, description="lines of mail servers' messages are kept")

    @field_validator("mail_ca")
    @classmethod
    def _holds_certificates(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ssl.create_default_context(cadata=value)
            except ssl.SSLError:
                raise ValueError("it holds no certificate in PEM form") from None
        return value

    @property
    def max_message_bytes(self) -> int:
        """`max_message_mb` in bytes."""
        return self.max_message_mb * 1024 * 1024

    @property
    def mail_hosts(self) -> NetworkPolicy:
        """Which mail servers may be connected to."""
        return NetworkPolicy(self.mail_ports, allow_private=self.allow_private_mail_hosts)
