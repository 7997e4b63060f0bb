"""Routes of `/docs`: the API reference for people, and the meaning of problem codes."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from services.api.http.problems import PROBLEM_TYPES, not_found
from services.api.openapi.docs_page import STYLE, render_page

router = APIRouter(include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@router.get("/docs", response_class=HTMLResponse)
async def show_docs(request: Request) -> HTMLResponse:
    """Show every operation and model."""
    return HTMLResponse(render_page(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/style.css")
async def show_style() -> Response:
    """Return the style sheet of the page."""
    return Response(STYLE, media_type="text/css")


@router.get("/docs/problems/{code}", response_class=PlainTextResponse)
async def explain_problem(code: str) -> str:
    """Explain a problem code; `type` of every problem leads here."""
    kind = PROBLEM_TYPES.get(code)
    if kind is None:
        raise not_found()
    return f"{code}\n\nHTTP status {kind.status}. {kind.title}.\n"
