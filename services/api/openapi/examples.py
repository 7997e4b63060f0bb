"""Examples of the main responses for the OpenAPI document. A test compares them with the models."""

from typing import Any

_TASK: dict[str, Any] = {
    "task_id": "0b9f7f1e-9d7e-4c55-8d5a-0f3f3c2b6a11",
    "user_id": "5f0c9a2be1d84c0c9a3e7f7d2a1b4c6d",
    "account_id": "c0ffee5f0c9a2be1d84c0c9a3e7f7d2a",
    "scan_type": "inbox",
    "months": 3,
    "full": False,
    "status": "PROGRESS",
    "progress": 62,
    "current_status": "Scanning 205 of 330",
    "messages_total": 330,
    "messages_scanned": 205,
    "invoices_found": 23,
    "result": None,
    "error": None,
    "error_code": None,
    "estimated_duration": 8.0,
    "actual_duration": None,
    "created_at": "2026-11-12T09:00:00.000Z",
    "started_at": "2026-11-12T09:00:00.250Z",
    "updated_at": "2026-11-12T09:00:05.000Z",
    "completed_at": None,
    "cancel_requested_at": None,
    "history": [
        {
            "status": "PENDING",
            "at": "2026-11-12T09:00:00.000Z",
            "event_id": "7c2b6f0a-11aa-5c1e-9d0b-6a1f5b0c9a2b",
            "detail": "Task queued",
        }
    ],
    "version": 7,
}

_INVOICE: dict[str, Any] = {
    "id": "9a3e7f7d2a1b4c6d5f0c9a2be1d84c0c",
    "user_id": "5f0c9a2be1d84c0c9a3e7f7d2a1b4c6d",
    "account_id": "c0ffee5f0c9a2be1d84c0c9a3e7f7d2a",
    "task_id": "0b9f7f1e-9d7e-4c55-8d5a-0f3f3c2b6a11",
    "vendor": "Kestrel Cloud Ltd",
    "vendor_tax_id": "GB123456789",
    "invoice_number": "KC-2026-11841",
    "issue_date": "2026-11-12",
    "due_date": "2026-12-12",
    "currency": "EUR",
    "net": "1070.42",
    "tax": "214.08",
    "total": "1284.50",
    "iban": None,
    "kind": "invoice",
    "format": "factur-x",
    "confidence": 0.99,
    "checks": [{"name": "net_tax_total", "ok": True, "detail": "1070.42 + 214.08 = 1284.50"}],
    "evidence": {
        "total": {"source": "xml", "locator": "//ram:GrandTotalAmount", "text": "1284.50", "confidence": 0.99}
    },
    "carriers": [
        {
            "message_id": "<a1@mail.example>",
            "folder": "INBOX",
            "uid": 4711,
            "part": "2",
            "filename": "invoice.pdf",
            "sha256": "0" * 64,
        }
    ],
    "message": {
        "message_id": "<a1@mail.example>",
        "subject": "Your invoice",
        "from": "billing@kestrel.example",
        "date": "2026-11-12T08:59:00.000Z",
    },
    "needs_check": False,
    "near_duplicate_of": None,
    "corrections": {
        "due_date": {"value": "2026-12-12", "found": "2026-12-11", "by": "ada", "at": "2026-11-13T10:00:00.000Z"}
    },
    "found_at": "2026-11-12T09:00:03.000Z",
}

_PROBLEM: dict[str, Any] = {
    "type": "/docs/problems/invalid_request",
    "title": "Invalid request",
    "status": 422,
    "detail": "Invalid request.",
    "instance": "/v1/scans",
    "code": "invalid_request",
    "errors": [{"pointer": "/query/limit", "detail": "Input should be less than or equal to 200"}],
}

EXAMPLES = {"Task": _TASK, "Invoice": _INVOICE, "ProblemDetails": _PROBLEM}
"""Schema -> an example of it."""
