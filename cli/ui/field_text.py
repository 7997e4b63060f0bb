"""Fields of the API's JSON as text: statuses, dates, ages, amounts and the confidence of an
invoice."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cli.client.task_status import Status
from shared import formatting

STATUS_LABELS: Mapping[str, str] = {
    Status.PENDING: "Waiting",
    Status.PROGRESS: "Scanning",
    Status.DONE: "Done",
    Status.FAILURE: "Failed",
    Status.CANCELLED: "Cancelled",
}
SHORT_ID = 8
"""The number of characters of an id that are shown: enough to distinguish the scans of a user."""


def day(date: str | None) -> str:
    """Format an ISO date as "12 Nov 2026", and an unknown date as ""."""
    return "" if date is None else formatting.day(dt.date.fromisoformat(date))


def ago(time: str | None, now: dt.datetime) -> str:
    """Format the age of an RFC 3339 time as "2 minutes ago", and no time as "never"."""
    return "never" if time is None else formatting.ago(dt.datetime.fromisoformat(time), now)


def invoice_total(invoice: Mapping[str, Any]) -> Decimal | None:
    """Return the total of an invoice as it counts in sums: that of a credit note is negative."""
    if invoice["total"] is None:
        return None
    total = Decimal(invoice["total"])
    return -abs(total) if invoice["kind"] == "credit_note" else total


def confidence(invoice: Mapping[str, Any]) -> str:
    """Return how far an invoice can be believed: "sure", "likely" or "check"."""
    failed = not all(check["ok"] for check in invoice["checks"])
    return formatting.confidence_level(invoice["confidence"], needs_check=invoice["needs_check"] or failed)
