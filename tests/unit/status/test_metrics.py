"""What the status service measures, as Prometheus sees it."""

from prometheus_client import CollectorRegistry

from services.status.metrics import StatusMetrics


def test_every_transition_is_there_from_the_start_so_that_the_first_one_counts() -> None:
    registry = CollectorRegistry()
    StatusMetrics(registry)
    pairs = {"from": "PROGRESS", "to": "FAILURE"}
    assert registry.get_sample_value("mailtally_task_transitions_total", pairs) == 0
    assert registry.get_sample_value("mailtally_task_transitions_total", {"from": "NEW", "to": "PENDING"}) == 0
