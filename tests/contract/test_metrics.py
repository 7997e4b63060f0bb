"""The metrics that other systems rely on: these names with these labels, and all of them explained."""

from tests.support.exported_metrics import ROOT, labels_of_products

PROMISED = {
    "mailtally_build_info": {"version"},
    "mailtally_dead_letters": {"queue"},
    "mailtally_documents": {"format", "outcome"},
    "mailtally_extraction_duration_seconds": {"format"},
    "mailtally_http_request_duration_seconds": {"method", "route", "status"},
    "mailtally_invoices_found": {"format"},
    "mailtally_mailbox_fetched_bytes": {"source"},
    "mailtally_messages_scanned": {"source", "outcome"},
    "mailtally_parser_killed": {"limit"},
    "mailtally_slices": {"outcome"},
    "mailtally_sse_clients": set[str](),
    "mailtally_status_batch_events": set[str](),
    "mailtally_status_events_ignored": {"reason"},
    "mailtally_status_lag_seconds": set[str](),
    "mailtally_status_writes": set[str](),
    "mailtally_task_cancel_seconds": set[str](),
    "mailtally_task_duration_seconds": {"outcome"},
    "mailtally_task_queue_wait_seconds": set[str](),
    "mailtally_task_transitions": {"from", "to"},
    "mailtally_tasks": {"status"},
    "mailtally_tasks_redriven": {"reason"},
}
"""Without the suffix `_total` of a counter."""


def test_every_promised_metric_has_its_labels_and_no_other() -> None:
    declared = labels_of_products()
    assert {name: set(declared.get(name, {"is not there"})) for name in PROMISED} == PROMISED


def test_every_metric_is_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [name for name in labels_of_products() if f"`{name}" not in text] == []
