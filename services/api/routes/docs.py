"""`/docs`: the API for people, and what the codes of error answers mean."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from services.api.http.problems import PROBLEM_TYPES, not_found
from services.api.openapi.docs_page import STYLE, page_of

router = APIRouter(include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@router.get("/docs", response_class=HTMLResponse)
async def show_docs(request: Request) -> HTMLResponse:
    """Every operation and model."""
    return HTMLResponse(page_of(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/style.css")
async def show_style() -> Response:
    """The page's style sheet."""
    return Response(STYLE, media_type="text/css")


@router.get("/docs/problems/{code}", response_class=PlainTextResponse)
async def explain_problem(code: str) -> str:
    """The target of `type` in every error answer."""
    kind = PROBLEM_TYPES.get(code)
    if kind is None:
        raise not_found()
    return f"{code}\n\nHTTP status {kind.status}. {kind.title}.\n"
