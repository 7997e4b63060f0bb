"""Settings of the scanner, from the environment."""

import os
import shutil
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from services.scanner.extract.limits import TESSERACT, Limits
from shared.net.address_policy import NetworkPolicy
from shared.sealing import Opener
from shared.settings import MailSettings, certificates


class ScannerSettings(MailSettings):
    """Settings of the scanner beyond the common ones."""

    seal_private_key: SecretStr = Field(
        description="opens the secrets of mailboxes; several by comma, the newest first, while a key is replaced"
    )
    max_active_scans_per_user: int = Field(default=4, ge=1, le=1000)
    slice_messages: int = Field(default=200, ge=1, le=100_000, description="messages of one unit of work")
    slice_window: int = Field(default=4, ge=1, le=1000, description="slices of one scan that are released at a time")
    slice_lease_s: float = Field(default=30, ge=1, le=600, description="seconds until a silent scanner loses its unit")
    scanner_concurrency: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="parser processes: processors in use"
    )
    scanner_units: int | None = Field(
        default=None, ge=1, le=1024, description="units worked on at the same time; by default twice the parsers"
    )
    max_message_mb: int = Field(default=50, ge=1, le=1024, description="a larger message is not examined")
    mail_ca: str | None = Field(default=None, description="certificates (PEM) to trust in addition to the system's")
    mail_connections: int = Field(default=4, ge=1, le=100, description="connections to one account, of all scanners")

    ledger_days: int = Field(
        default=400, ge=1, le=36_500, description="days to keep ledger entries of mail servers' messages"
    )

    ocr: Literal["off", "on"] = Field(default="off", description="read scanned PDFs and pictures with Tesseract")

    @field_validator("ocr")
    @classmethod
    def _has_its_program(cls, value: str) -> str:
        """Refuse to read pictures without the program that does it."""
        if value == "on" and shutil.which(TESSERACT) is None:
            raise ValueError(
                f"the program {TESSERACT} is missing: apt install tesseract-ocr and a language pack for each language,"
                " such as tesseract-ocr-deu"
            )
        return value

    @field_validator("mail_ca")
    @classmethod
    def _holds_certificates(cls, value: str | None) -> str | None:
        return certificates(value)

    @field_validator("seal_private_key")
    @classmethod
    def are_keys(cls, keys: SecretStr) -> SecretStr:
        """Check the keys before anything starts."""
        Opener(keys.get_secret_value())
        return keys

    @property
    def units_at_once(self) -> int:
        """Return the number of units at a time: by default twice the parsers.

        So these have work while a slice is planned, fetched or stored.
        """
        return self.scanner_units or 2 * self.scanner_concurrency

    @property
    def max_message_bytes(self) -> int:
        """Return `max_message_mb` in bytes."""
        return self.max_message_mb * 1024 * 1024

    @property
    def limits(self) -> Limits:
        """Return the limits of examining a message."""
        return Limits().with_ocr() if self.ocr == "on" else Limits()

    @property
    def mail_hosts(self) -> NetworkPolicy:
        """Return the policy of which mail servers may be connected to."""
        return NetworkPolicy(self.allowed_mail_ports, allow_private=self.allow_private_mail_hosts)
