"""`/`: what runs, which mailboxes there are, and what was found last."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from services.api.web.mailboxes import cards, most_urgent
from services.api.web.months import ThisYear
from services.api.web.page_request import Visit, Visiting

router = APIRouter(include_in_schema=False)

_LATEST = 5
_CARDS = 12
_ROWS = 12
"""More are on pages of their own: this one stays light, however many there are."""


@router.get("/")
async def show_overview(visit: Visiting) -> Response:
    """The first page."""
    services, user_id = visit.services, visit.user_id
    accounts, running = await asyncio.gather(
        services.accounts.service.list(user_id),
        services.scans.tasks.find_active(user_id, status=None, account_ids=None),
    )
    if not accounts.items:
        return await visit.page("first_run.html", {"max_bytes": services.accounts.uploads.max_bytes})
    stats, latest, months = await asyncio.gather(
        services.scans.tasks.stats(user_id), services.invoices.reader.latest(user_id, limit=_LATEST), _this_year(visit)
    )
    shown = cards(accounts.items, running)
    ended = [account for account in accounts.items if account.last_scan and account.last_scan.completed_at]
    busy = sorted((card for card in shown if card.task), key=lambda card: card.task.created_at)  # type: ignore[union-attr]
    context = {
        "cards": most_urgent(shown, _CARDS),
        "mailboxes": len(shown),
        "running_cards": busy[:_ROWS],
        "busy": len(busy),
        "last": max(ended, key=lambda account: account.last_scan.completed_at, default=None),  # type: ignore[union-attr, arg-type, return-value]
        "invoices": sum(account.invoices for account in accounts.items),
        "stats": stats,
        "latest": latest,
        "year": months,
        "max_bytes": services.accounts.uploads.max_bytes,
    }
    return await visit.page("overview.html", context)


async def _this_year(visit: Visit) -> ThisYear:
    month = visit.reader.now.astimezone(visit.reader.zone).strftime("%Y-%m")
    year = ThisYear.until(month)
    return year.with_summary(await visit.services.invoices.reader.months(visit.user_id, year.first, year.last))
