"""The parts of a process that serve event streams."""

from dataclasses import dataclass

from prometheus_client import Gauge

from services.api.live.hub import Hub


@dataclass(frozen=True)
class LiveServices:
    """Fan out task changes to event streams."""

    hub: Hub
    open_streams: Gauge
