"""Route `/`: running scans, mailboxes and the latest invoices."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from services.api.web.mailboxes import mailbox_cards, most_urgent
from services.api.web.months import TwelveMonths
from services.api.web.page_request import PageRequest, SignedInRequest

router = APIRouter(include_in_schema=False)

_LATEST_INVOICES = 5
_MAX_CARDS = 12
_MAX_ROWS = 12
"""More are on pages of their own, so that this page stays small."""


@router.get("/")
async def show_overview(request: SignedInRequest) -> Response:
    """Show the overview, or the first steps without a mailbox."""
    services, user_id = request.services, request.user_id
    accounts, running = await asyncio.gather(
        services.accounts.service.list(user_id),
        services.scans.tasks.find_active(user_id, status=None, account_ids=None),
    )
    if not accounts.items:
        return await request.render("first_run.html", {"max_bytes": services.accounts.uploads.max_bytes})
    stats, latest, months = await asyncio.gather(
        services.scans.tasks.stats(user_id),
        services.invoices.reader.latest(user_id, limit=_LATEST_INVOICES),
        _last_twelve_months(request),
    )
    shown = mailbox_cards(accounts.items, running)
    ended = [account for account in accounts.items if account.last_scan and account.last_scan.completed_at]
    busy = sorted((card for card in shown if card.task), key=lambda card: card.task.created_at)  # type: ignore[union-attr]
    context = {
        "cards": most_urgent(shown, _MAX_CARDS),
        "mailboxes": len(shown),
        "running_cards": busy[:_MAX_ROWS],
        "busy": len(busy),
        "last": max(ended, key=lambda account: account.last_scan.completed_at, default=None),  # type: ignore[union-attr, arg-type, return-value]
        "invoices": sum(account.invoices for account in accounts.items),
        "stats": stats,
        "latest": latest,
        "year": months,
        "max_bytes": services.accounts.uploads.max_bytes,
    }
    return await request.render("overview.html", context)


async def _last_twelve_months(request: PageRequest) -> TwelveMonths:
    month = request.preferences.now.astimezone(request.preferences.zone).strftime("%Y-%m")
    year = TwelveMonths.until(month)
    return year.with_summary(await request.services.invoices.reader.months(request.user_id, year.first, year.last))
