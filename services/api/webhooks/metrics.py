"""Metrics of webhook deliveries."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.observability.metrics import LATENCY_BUCKETS


class WebhookMetrics:
    """Counts attempts by outcome, times them, and counts pending deliveries."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "mailtally_webhook_deliveries",
            "Attempts to deliver to webhooks: delivered, retried, failed (no retry follows), dropped (the webhook "
            "was removed), lost (another process took over)",
            ["outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "mailtally_webhook_delivery_seconds",
            "Time that receivers take to respond",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.pending = Gauge("mailtally_webhook_pending", "Pending deliveries, at most 100,000", registry=registry)
