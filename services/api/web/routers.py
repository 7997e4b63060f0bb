"""All routes of the pages."""

from services.api.web.pages import assets, mailboxes, overview, scan, scans, sign_in

PAGES = (
    overview.router,
    scans.router,
    scan.router,
    mailboxes.router,
    sign_in.router,
    assets.router,
)
