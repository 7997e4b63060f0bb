"""Prometheus metrics of the api."""

from prometheus_client import CollectorRegistry, Gauge, Histogram

from shared.observability.metrics import LATENCY_BUCKETS


class Metrics:
    """Durations of requests by route template, and open event streams."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._http_request_duration = Histogram(
            "mailtally_http_request_duration_seconds",
            "Time to answer a request; of an event stream, the time to its start",
            ["method", "route", "status"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.open_streams = Gauge("mailtally_sse_clients", "Open event streams", registry=registry)
        self._durations: dict[tuple[str, str, str], Histogram] = {}

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record the response to a request; `route` is a template, of which there are few."""
        key = method, route, str(status)
        known = self._durations.get(key)
        if known is None:  # asking for labels takes a lock, and as long as everything else here
            known = self._durations[key] = self._http_request_duration.labels(*key)
        known.observe(seconds)
