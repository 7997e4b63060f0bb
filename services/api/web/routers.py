"""Routers of all pages."""

from services.api.web.pages import (
    assets,
    invoice,
    invoices,
    mailboxes,
    operations,
    overview,
    scan,
    scans,
    sign_in,
    webhooks,
)

PAGES = (
    overview.router,
    scans.router,
    scan.router,
    mailboxes.router,
    invoices.router,
    invoice.router,
    operations.router,
    webhooks.router,
    sign_in.router,
    assets.router,
)
