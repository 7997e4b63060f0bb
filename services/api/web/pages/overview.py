"""`/`: what runs, which mailboxes there are, and what was found last."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.api.web.visit import Visiting

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show_overview(visit: Visiting) -> Response:
    """The first page."""
    return await visit.page("overview.html")
