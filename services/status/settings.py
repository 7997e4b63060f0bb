"""Settings of the status service."""

from pydantic import Field

from shared.settings import ServiceSettings


class StatusSettings(ServiceSettings):
    """Settings of the status service; the limits of a batch trade latency for throughput."""

    status_batch: int = Field(default=500, ge=1, le=5000, description="most events folded and written at once")
    status_linger_ms: int = Field(default=0, ge=0, le=1000, description="milliseconds to wait for more events")
    redrive_after_s: float = Field(default=120, ge=1, le=86_400, description="a PENDING task may be silent for so long")
    cancel_grace_s: float = Field(default=60, ge=1, le=86_400, description="a scanner may take so long to cancel")
