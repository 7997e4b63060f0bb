"""`/scans`: all scans of the person, newest first."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.api.web.visit import Visiting

router = APIRouter(include_in_schema=False)


@router.get("/scans")
async def show_scans(visit: Visiting) -> Response:
    """The list."""
    return await visit.page("scans.html")
