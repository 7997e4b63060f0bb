"""Routes of `/v1/invoices`."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.api.dependencies import UserContext
from services.api.http.body_limit import BoundedRoute
from services.api.http.headers import etag_matches, set_next_link
from services.api.http.openapi_responses import ETAG, LINK, Responses, problem_responses
from services.api.http.problems import not_found
from services.api.invoices.correction_schemas import Correction
from services.api.invoices.document_preview import preview_of
from services.api.invoices.filter import InvoiceFilter, InvoiceSort
from services.api.invoices.schemas import InvoicePage, InvoiceSummary
from shared.invoices import Invoice

router = APIRouter(prefix="/v1/invoices", tags=["invoices"], route_class=BoundedRoute)

_BYTES: Responses = {200: {"content": {"application/octet-stream": {}}, "description": "The original bytes"}}
_VIEW: Responses = {
    200: {
        "content": {kind: {} for kind in ("application/pdf", "text/html", "text/plain", "image/png", "image/jpeg")},
        "description": "The original, as far as it can be shown safely",
    },
    **problem_responses("not_viewable"),
}
_SIZE = {"type": "string", "pattern": r"^[0-9.]+$"}
_PICTURE: Responses = {
    200: {
        "content": {"image/png": {}},
        "description": "The page, 1,240 pixels wide",
        "headers": {
            "Page-Count": {"description": "pages of the document", "schema": _SIZE},
            "Page-Width": {"description": "of the page in points, which evidence is in as well", "schema": _SIZE},
            "Page-Height": {"description": "the same", "schema": _SIZE},
        },
    },
    **problem_responses("not_viewable"),
}


class InvoiceQuery(InvoiceFilter):
    """Filter, order and page of the invoices."""

    sort: InvoiceSort = "-issue_date"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000, description="`next_cursor` of the previous page")


@router.get("", responses={200: {"headers": LINK}})
async def list_invoices(
    request: Request, response: Response, ctx: UserContext, query: Annotated[InvoiceQuery, Query()]
) -> InvoicePage:
    """Search invoices. Filters, order and search use corrected values."""
    page = await ctx.services.invoices.reader.page(
        ctx.user_id, query, sort=query.sort, limit=query.limit, cursor=query.cursor
    )
    set_next_link(request, response, page.next_cursor)
    return page


@router.get("/summary")
async def summarize_invoices(ctx: UserContext, query: Annotated[InvoiceFilter, Query()]) -> InvoiceSummary:
    """Summarize the matching invoices."""
    return await ctx.services.invoices.reader.summary(ctx.user_id, query)


@router.get(
    "/{invoice_id}", response_model=Invoice, responses={200: {"headers": ETAG}, 304: {"description": "Not changed"}}
)
async def read_invoice(
    invoice_id: str, ctx: UserContext, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Return one invoice, with its evidence. Corrected fields hold the correction; `corrections`
    has the found values."""
    found = await ctx.services.invoices.reader.find(ctx.user_id, invoice_id)
    if found is None:
        raise not_found()
    invoice, etag = found
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match and etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(invoice.model_dump_json(by_alias=True), media_type="application/json", headers=headers)


@router.patch("/{invoice_id}", responses={200: {"headers": ETAG}, **problem_responses("changed_meanwhile")})
async def correct_invoice(
    invoice_id: str,
    correction: Correction,
    ctx: UserContext,
    response: Response,
    if_match: Annotated[str | None, Header(description="the ETag that was read: changes nothing if it is old")] = None,
) -> Invoice:
    """Correct fields; null takes a correction back. Scans never overwrite a correction."""
    invoice, etag = await ctx.services.invoices.corrections.correct(
        ctx.user, invoice_id, correction.stored(), if_match=if_match
    )
    response.headers["ETag"] = etag
    return invoice


@router.get("/{invoice_id}/document", response_class=StreamingResponse, responses=_BYTES)
async def download_document(invoice_id: str, ctx: UserContext) -> StreamingResponse:
    """Download the original document of the invoice, to be saved and never shown in place."""
    found = await ctx.services.invoices.reader.find(ctx.user_id, invoice_id)
    file = await ctx.services.invoices.documents.original(found[0]) if found else None
    if file is None:
        raise not_found()
    headers = {
        "Content-Disposition": _disposition("attachment", file.filename),
        "Content-Length": str(file.length),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingResponse(file.chunks, media_type="application/octet-stream", headers=headers)


@router.get("/{invoice_id}/view", response_class=StreamingResponse, responses=_VIEW)
async def view_document(invoice_id: str, ctx: UserContext) -> StreamingResponse:
    """Return the document for a frame inside a page: it runs nothing and loads nothing."""
    found = await ctx.services.invoices.reader.find(ctx.user_id, invoice_id)
    file = await ctx.services.invoices.documents.original(found[0]) if found else None
    if file is None:
        raise not_found()
    preview = await preview_of(file)
    headers = {
        **preview.headers,
        "Content-Disposition": _disposition("inline", file.filename),
        "X-Frame-Options": "SAMEORIGIN",
    }
    return StreamingResponse(preview.chunks, media_type=preview.content_type, headers=headers)


@router.get("/{invoice_id}/pages/{number}", response_class=Response, responses=_PICTURE)
async def picture_of_page(
    invoice_id: str, number: Annotated[int, Path(ge=1, le=100_000)], ctx: UserContext
) -> Response:
    """Return a page of the PDF as an image.

    Boxes of the evidence are in points from the top left corner: scale them by the width of the
    image over `Page-Width`.
    """
    found = await ctx.services.invoices.reader.find(ctx.user_id, invoice_id)
    file = await ctx.services.invoices.documents.original(found[0]) if found else None
    if file is None:
        raise not_found()
    page = await ctx.services.invoices.page_images.page(file, number)
    headers = {
        "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Page-Count": str(page.pages),
        "Page-Width": f"{page.width:.2f}",
        "Page-Height": f"{page.height:.2f}",
    }
    return Response(page.png, media_type="image/png", headers=headers)


def _disposition(kind: str, filename: str) -> str:
    """Return the header in the extended form of RFC 5987 (RFC 6266), and a plain form for older
    clients."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/%' else "_" for c in filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"
