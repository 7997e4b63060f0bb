"""Scans of which the test tells, in the scanner's place, for pages to show."""

from playwright.async_api import Locator, Page

from shared.events import ScanProgressed, ScanStarted
from shared.events.scans import ScanResult
from tests.support.site import Person, Site

UNSEEN = 0.001
"""Numbers that grow to the left in boxes of their own count as moved, by some ten-thousandths of the window."""

RESULT = ScanResult(
    messages=31_204,
    scanned=31_190,
    skipped=0,
    failed=14,
    invoices=143,
    duplicates=61,
    bytes_fetched=1,
    totals={"EUR": "84210.55"},
    duration_seconds=76.0,
)


async def started(site: Site, ada: Person, label: str = "Office") -> tuple[str, str]:
    """A scan that a scanner has begun; its task and its account."""
    account_id = await ada.mailbox(label)
    task_id = await ada.scan(account_id)
    whose = {"task_id": task_id, "user_id": ada.user_id, "account_id": account_id}
    await site.say(ScanStarted(**whose, messages_total=31_204), 1)
    await site.until(task_id, "PROGRESS")
    return task_id, account_id


async def progressed(
    site: Site, ada: Person, ids: tuple[str, str], progress: int, sequence: int, found: int = 0
) -> None:
    """The scan is so far."""
    scanned = 31_204 * progress // 100
    task_id, account_id = ids
    await site.say(
        ScanProgressed(
            task_id=task_id,
            user_id=ada.user_id,
            account_id=account_id,
            progress=progress,
            current_status=f"Scanned {scanned} of 31204 messages",
            messages_total=31_204,
            messages_scanned=scanned,
            invoices_found=found,
        ),
        sequence,
    )


def row(page: Page, task_id: str) -> Locator:
    """The line of a scan."""
    return page.locator(f"#scan-{task_id}")
