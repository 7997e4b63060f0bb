"""Settings of the scanner, from the environment."""

import os

from pydantic import Field

from shared.settings import ServiceSettings


class ScannerSettings(ServiceSettings):
    """What the scanner needs beyond the common settings."""

    max_active_scans_per_user: int = Field(default=4, ge=1, le=1000)
    slice_messages: int = Field(default=200, ge=1, le=100_000, description="messages of one unit of work")
    slice_window: int = Field(default=4, ge=1, le=1000, description="slices of one scan that are released at a time")
    slice_lease_s: float = Field(default=30, ge=1, le=600, description="after this long a silent worker is given up")
    scanner_concurrency: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    max_message_mb: int = Field(default=50, ge=1, le=1024, description="a larger message is not examined")

    @property
    def max_message_bytes(self) -> int:
        """`max_message_mb` in bytes."""
        return self.max_message_mb * 1024 * 1024
