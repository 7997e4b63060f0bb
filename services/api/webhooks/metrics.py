"""Metrics of the deliveries to webhooks."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.observability.metrics import LATENCY_BUCKETS


class WebhookMetrics:
    """What came of attempts, how long they took, and what waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "mailtally_webhook_deliveries",
            "Attempts to deliver to webhooks: delivered, retried (more follow), failed (none does), dropped (the "
            "webhook is gone), lost (another process took over)",
            ["outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "mailtally_webhook_delivery_seconds",
            "Time that receivers take to answer",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.pending = Gauge(
            "mailtally_webhook_pending", "Deliveries that wait for an attempt, 100,000 at most", registry=registry
        )
