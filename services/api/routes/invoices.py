"""`/v1/invoices`: what was found."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.api.dependencies import Caller, Use
from services.api.problems import not_found
from services.api.read_model.invoices import InvoiceFilter, InvoiceSort
from services.api.schemas import InvoicePage, InvoiceSummary
from shared.invoices import Invoice

router = APIRouter(prefix="/v1/invoices", tags=["invoices"])


class InvoiceQuery(InvoiceFilter):
    """A page of the invoices that match."""

    sort: InvoiceSort = "-issue_date"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000, description="`next_cursor` of the page before")


@router.get("")
async def list_invoices(caller: Caller, use: Use, query: Annotated[InvoiceQuery, Query()]) -> InvoicePage:
    """Search invoices."""
    return await use.invoices.page(caller.user_id, query, sort=query.sort, limit=query.limit, cursor=query.cursor)


@router.get("/summary")
async def summarize_invoices(caller: Caller, use: Use, query: Annotated[InvoiceFilter, Query()]) -> InvoiceSummary:
    """The invoices that match, in numbers."""
    return await use.invoices.summary(caller.user_id, query)


@router.get("/{invoice_id}")
async def read_invoice(invoice_id: str, caller: Caller, use: Use) -> Invoice:
    """One invoice, with its evidence."""
    invoice = await use.invoices.find(caller.user_id, invoice_id)
    if invoice is None:
        raise not_found()
    return invoice


@router.get(
    "/{invoice_id}/document",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The original bytes"}},
)
async def download_document(invoice_id: str, caller: Caller, use: Use) -> StreamingResponse:
    """The document that the invoice was read from, as it came, to be saved and never shown in place."""
    invoice = await use.invoices.find(caller.user_id, invoice_id)
    file = await use.invoices.original(invoice) if invoice else None
    if file is None:
        raise not_found()
    headers = {
        "Content-Disposition": _attachment(file.filename),
        "Content-Length": str(file.length),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingResponse(file.chunks, media_type="application/octet-stream", headers=headers)


def _attachment(filename: str) -> str:
    """RFC 6266 with the extended form of RFC 5987, and a plain form for what does not read that."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"
