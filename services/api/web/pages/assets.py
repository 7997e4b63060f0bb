"""`/assets`: style sheets, scripts and pictures."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.api.web.rendering import shell

router = APIRouter(include_in_schema=False)

_FOR_GOOD = "public, max-age=31536000, immutable"


@router.get("/assets/{version}/{name:path}")
async def send_asset(version: str, name: str, request: Request) -> Response:
    """One file; its address changes with its content."""
    asset = shell().assets.find(version, name)
    headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.zipped, media_type=asset.content_type, headers=headers)
    return Response(asset.plain, media_type=asset.content_type, headers=headers)
