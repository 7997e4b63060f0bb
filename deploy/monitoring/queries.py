"""PromQL shared by several panels."""

from deploy.monitoring.model import Query

EVERY = "[$__rate_interval]"
"""Grafana's choice of a range that always holds two samples."""


def rate(metric: str, *, by: str, legend: str | None = None) -> Query:
    """Return a query for a counter's increase per second, by labels."""
    shown = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(",")) if legend is None else legend
    return Query(f"sum by ({by}) (rate({metric}{EVERY}))", shown)


def total_rate(metric: str, legend: str) -> Query:
    """Return a query for a counter's increase per second."""
    return Query(f"sum(rate({metric}{EVERY}))", legend)


def quantile(q: float, histogram: str, *, by: str = "", legend: str = "") -> Query:
    """Return a query for a quantile of a histogram, by labels."""
    labels = f"le, {by}" if by else "le"
    return Query(f"histogram_quantile({q:g}, sum by ({labels}) (rate({histogram}_bucket{EVERY})))", legend)


QUEUES = 'queue!~".+[.]dead|mailtally[.]events[.]log"'
"""Selects queues that are consumed."""
