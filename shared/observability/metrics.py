"""The metrics registry of a process, and common buckets.

No user, mailbox or task id is ever a label.
"""

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, Gauge

from shared.version import VERSION

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
DURATION_BUCKETS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
"""Seconds: LATENCY for single operations, DURATION for whole scans."""


def new_registry() -> CollectorRegistry:
    """Return a registry with the build and process metrics; each service adds its own."""
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
        registry.register(collector)
    Gauge("mailtally_build_info", "Version of this build", ["version"], registry=registry).labels(VERSION).set(1)
    return registry
