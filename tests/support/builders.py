"""One example of every event, used by the contract tests and wherever an event will do."""

import datetime as dt
from decimal import Decimal
from typing import Any

from shared.events import (
    AccountChecked,
    AccountCheckRequested,
    AccountDeleted,
    AccountSecretRotated,
    Event,
    EventData,
    HistoryEntry,
    InvoiceFound,
    ScanCancelled,
    ScanCancelRequested,
    ScanCleanupRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanResult,
    ScanStarted,
    TaskChanged,
    TaskStatus,
    WebhookDisabled,
    WebhookTest,
    new_event,
    rfc3339,
)
from shared.invoices import InvoiceCarrier, InvoiceCheck, InvoiceEvidence

AT = dt.datetime(2026, 3, 1, 9, 30, 0, 125000, tzinfo=dt.UTC)
TASK = "0f8e4a52-6c1d-4a57-9a0e-3f2b7f1f6a10"
USER = "5b0c9d53-0d0b-4f3f-8c0e-8d1f6d0f2a11"
ACCOUNT = "d3b0738e-2f5f-4f0a-a0b4-4a7c9f1b7c12"
CHECK = "6e0d6a1c-4d0f-4c8e-9f5e-0c2d7b1a9e13"
WEBHOOK = "1f6f2f5be0d84c0c9a3e7f7d2a1b4c14"
OF_ACCOUNT = {"task_id": TASK, "user_id": USER, "account_id": ACCOUNT}

RESULT = ScanResult(
    messages=300,
    scanned=290,
    skipped=8,
    failed=2,
    invoices=41,
    duplicates=7,
    bytes_fetched=1_234_567,
    totals={"EUR": "1234.50", "USD": "99.00"},
    duration_seconds=12.5,
)

SAMPLES: tuple[tuple[EventData, str, int], ...] = (
    (
        ScanRequested(task_id=TASK, user_id=USER, account_id=ACCOUNT, scan_type="inbox", months=3, requested_at=AT),
        "api",
        0,
    ),
    (ScanCancelRequested(task_id=TASK, user_id=USER, requested_at=AT, reason="asked by the user"), "api", 1),
    (ScanCleanupRequested(cleanup_id="c1ea9", completed_before=AT - dt.timedelta(days=90), requested_at=AT), "api", 0),
    (ScanQueued(**OF_ACCOUNT, reason="Waiting for another scan to finish"), "scanner", 1),
    (ScanStarted(**OF_ACCOUNT, messages_total=300, estimated_duration=12.0), "scanner", 2),
    (
        ScanProgressed(
            **OF_ACCOUNT,
            progress=40,
            current_status="Scanning messages",
            messages_total=300,
            messages_scanned=120,
            invoices_found=17,
        ),
        "scanner",
        3,
    ),
    (ScanCompleted(**OF_ACCOUNT, result=RESULT), "scanner", 9),
    (ScanFailed(**OF_ACCOUNT, error_code="mailbox_missing", error="The account has no mailbox."), "scanner", 9),
    (ScanCancelled(**OF_ACCOUNT, reason="asked by the user", result=RESULT), "scanner", 9),
    (
        InvoiceFound(
            **OF_ACCOUNT,
            id="9a7f5a3a-65ff-5c0e-bb7e-53ad5b0b9d0a",
            vendor="Kestrel Cloud Ltd",
            vendor_tax_id="GB123456789",
            invoice_number="KC-2026-11841",
            issue_date=dt.date(2026, 2, 12),
            due_date=dt.date(2026, 3, 12),
            currency="EUR",
            net=Decimal("1037.82"),
            tax=Decimal("246.68"),
            total=Decimal("1284.50"),
            iban="DE02120300000000202051",
            kind="invoice",
            format="factur-x",
            confidence=0.99,
            checks=(InvoiceCheck(name="net_plus_tax", ok=True, detail="1037.82 + 246.68 = 1284.50"),),
            evidence={"total": InvoiceEvidence(source="xml", locator="/rsm:CrossIndustryInvoice", confidence=1.0)},
            carriers=(
                InvoiceCarrier(
                    message_id="<1@example.com>", folder="", uid=7, part="2", filename="invoice.pdf", sha256="ab" * 32
                ),
            ),
            found_at=AT,
        ),
        "scanner",
        0,
    ),
    (
        TaskChanged(
            **OF_ACCOUNT,
            scan_type="inbox",
            months=3,
            status=TaskStatus.DONE,
            progress=100,
            current_status="Email scan completed successfully",
            messages_total=300,
            messages_scanned=290,
            invoices_found=41,
            result=RESULT,
            estimated_duration=12.0,
            actual_duration=12.5,
            created_at=AT,
            started_at=AT,
            updated_at=AT,
            completed_at=AT,
            history=(
                HistoryEntry(status="PENDING", at=AT, event_id="b7a2a9a1-3f34-5b67-8d8e-1b6f1f3d2c01", detail=""),
            ),
            version=5,
        ),
        "status",
        5,
    ),
    (AccountCheckRequested(account_id=ACCOUNT, check_id=CHECK, user_id=USER, requested_at=AT), "api", 0),
    (AccountChecked(account_id=ACCOUNT, check_id=CHECK, code="ok"), "scanner", 0),
    (AccountSecretRotated(account_id=ACCOUNT, previous_version=1, sealed_secret="c2VhbGVk"), "scanner", 1),
    (AccountDeleted(account_id=ACCOUNT, user_id=USER, deleted_at=AT), "api", 0),
    (WebhookTest(webhook_id=WEBHOOK, user_id=USER, requested_at=AT), "api", 0),
    (WebhookDisabled(webhook_id=WEBHOOK, user_id=USER, reason="failing", disabled_at=AT), "api", 0),
)


def _discriminator(data: EventData) -> str | None:
    match data:
        case InvoiceFound():
            return data.id
        case AccountCheckRequested() | AccountChecked():
            return data.check_id
        case WebhookTest() | WebhookDisabled():
            return rfc3339(AT)
    return None


def sample_events() -> dict[str, Event[Any]]:
    """Routing key -> one complete event of that kind, always the same."""
    return {
        data.routing_key: new_event(
            data,
            service=service,
            sequence=sequence,
            time=AT,
            discriminator=_discriminator(data),
        )
        for data, service, sequence in SAMPLES
    }
