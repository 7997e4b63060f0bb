"""All routes of the pages."""

from services.api.web.pages import assets, overview, scans, sign_in

PAGES = (
    overview.router,
    scans.router,
    sign_in.router,
    assets.router,
)
