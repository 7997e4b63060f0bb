"""Answers of the API as the commands get them."""

from typing import Any

Json = dict[str, Any]


def task(**changes: Any) -> Json:
    return {
        "task_id": "task-1",
        "user_id": "user-1",
        "account_id": "account-1",
        "scan_type": "all",
        "months": None,
        "full": False,
        "status": "PROGRESS",
        "progress": 62,
        "current_status": "Scanning",
        "messages_total": 31_204,
        "messages_scanned": 19_346,
        "invoices_found": 87,
        "result": None,
        "error": None,
        "error_code": None,
        "estimated_duration": 76.0,
        "actual_duration": None,
        "created_at": "2026-11-12T10:00:00Z",
        "started_at": "2026-11-12T10:00:01Z",
        "updated_at": "2026-11-12T10:00:40Z",
        "completed_at": None,
        "cancel_requested_at": None,
        "history": [],
        "version": 7,
        **changes,
    }


def done_task(**counts: int) -> Json:
    result = {
        "messages": 31_204,
        "scanned": 31_190,
        "skipped": 0,
        "failed": 14,
        "invoices": 143,
        "duplicates": 61,
        "bytes_fetched": 1,
        "totals": {},
        "duration_seconds": 76.4,
        **counts,
    }
    return task(status="DONE", progress=100, messages_scanned=31_204, invoices_found=143, result=result, version=99)


def invoice(**changes: Any) -> Json:
    return {
        "id": "invoice-1",
        "user_id": "user-1",
        "account_id": "account-1",
        "task_id": "task-1",
        "vendor": "Kestrel Cloud Ltd",
        "vendor_tax_id": None,
        "invoice_number": "KC-2026-11841",
        "issue_date": "2026-11-12",
        "due_date": None,
        "currency": "EUR",
        "net": None,
        "tax": None,
        "total": "1284.50",
        "iban": None,
        "kind": "invoice",
        "format": "pdf",
        "confidence": 0.97,
        "checks": [],
        "needs_check": False,
        "near_duplicate_of": None,
        **changes,
    }
