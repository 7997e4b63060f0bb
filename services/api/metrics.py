"""Metrics of the api."""

from prometheus_client import CollectorRegistry, Gauge, Histogram

from shared.metrics import LATENCY_BUCKETS


class Metrics:
    """Times of requests by route template, and open event streams."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.http_request_duration = Histogram(
            "mailtally_http_request_duration_seconds",
            "Time to answer a request; of an event stream, the time to its start",
            ["method", "route", "status"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.sse_clients = Gauge("mailtally_sse_clients", "Open event streams", registry=registry)
