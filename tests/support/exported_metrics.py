"""What can be asked of Prometheus: the metrics that the sources declare, FastStream's, RabbitMQ's, the client's own."""

import ast
from functools import cache
from pathlib import Path

from faststream.rabbit.prometheus import RabbitPrometheusMiddleware
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from shared.observability.metrics import new_registry

ROOT = Path(__file__).parents[2]
KINDS: dict[str, type[MetricWrapperBase]] = {"Counter": Counter, "Gauge": Gauge, "Histogram": Histogram}

RABBITMQ = {
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_auth_attempts_failed_total",
    "rabbitmq_channels",
    "rabbitmq_connections",
    "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages",
    "rabbitmq_detailed_queue_messages_ready",
    "rabbitmq_detailed_queue_messages_unacked",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_disk_space_available_limit_bytes",
    "rabbitmq_global_messages_acknowledged_total",
    "rabbitmq_global_messages_delivered_total",
    "rabbitmq_global_messages_received_total",
    "rabbitmq_global_messages_redelivered_total",
    "rabbitmq_global_messages_unroutable_returned_total",
    "rabbitmq_process_resident_memory_bytes",
    "rabbitmq_resident_memory_limit_bytes",
}
"""What a real server tells at /metrics and /metrics/detailed; tests/e2e/test_monitoring.py asks one."""


@cache
def exported() -> frozenset[str]:
    """Every time series name."""
    registry = new_registry()
    RabbitPrometheusMiddleware(registry=registry, app_name="any", metrics_prefix="faststream")
    for name, (kind, labels) in _declared().items():
        if name != "mailtally_build_info":  # it is in a new registry
            KINDS[kind](name, "as declared", sorted(labels), registry=registry)
    families = [family for family in registry.collect() if not family.name.startswith("_")]
    names = {sample for family in families for sample in _series(family.name, family.type)}
    return frozenset({*names, *RABBITMQ, "up"})


@cache
def labels_of_products() -> dict[str, frozenset[str]]:
    """Metric (without the suffix of its kind) -> labels, of all that the sources declare."""
    return {name.removesuffix("_total"): labels for name, (_, labels) in _declared().items()}


def _series(name: str, kind: str) -> list[str]:
    if kind == "histogram":
        return [f"{name}_bucket", f"{name}_sum", f"{name}_count"]
    return [f"{name}_total"] if kind == "counter" else [name]


@cache
def _declared() -> dict[str, tuple[str, frozenset[str]]]:
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for path in [*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        if "prometheus_client" not in source:  # the Counter of another library
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                name = ast.literal_eval(node.args[0])
                found[name] = (node.func.id, frozenset(_labels(node)))
    return found


def _labels(call: ast.Call) -> list[str]:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "labelnames"]
    values = given or call.args[2:3]
    return [str(label) for label in ast.literal_eval(values[0])] if values else []
