"""Route `/assets`: style sheets, scripts and icons."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.api.web.rendering import renderer

router = APIRouter(include_in_schema=False)

_CACHE_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/assets/{version}/{name:path}")
async def send_asset(version: str, name: str, request: Request) -> Response:
    """Send a file; its URL changes with its content."""
    asset = renderer().assets.find(version, name)
    headers = {"Cache-Control": _CACHE_FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.gzipped, media_type=asset.content_type, headers=headers)
    return Response(asset.content, media_type=asset.content_type, headers=headers)
