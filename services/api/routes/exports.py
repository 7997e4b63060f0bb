"""Routes of exports: `/v1/invoices.csv`, `.xlsx` and `.json`, all matching invoices as a file."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from services.api.dependencies import Context, UserContext
from services.api.invoices.export.csv_file import csv_chunks
from services.api.invoices.export.json_file import json_chunks
from services.api.invoices.export.xlsx_file import xlsx_chunks
from services.api.invoices.filter import InvoiceFilter, InvoiceSort
from shared.mongo import Document

router = APIRouter(prefix="/v1", tags=["invoices"])

_CSV = "text/csv"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_JSON = "application/json"


class ExportQuery(InvoiceFilter):
    """Filter and order of the exported invoices."""

    sort: InvoiceSort = "-issue_date"


Wanted = Annotated[ExportQuery, Query()]


def _file(media_type: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": schema}}, "description": "The file"}}


@router.get("/invoices.csv", response_class=StreamingResponse, responses=_file(_CSV, {"type": "string"}))
async def export_csv(ctx: UserContext, query: Wanted) -> StreamingResponse:
    """Export CSV in UTF-8, with corrected values. Text that would be a formula begins with an
    apostrophe."""
    return await _stream_file(ctx, query, csv_chunks, f"{_CSV}; charset=utf-8", "invoices.csv")


@router.get(
    "/invoices.xlsx",
    response_class=StreamingResponse,
    responses=_file(_XLSX, {"type": "string", "contentMediaType": _XLSX}),
)
async def export_xlsx(ctx: UserContext, query: Wanted) -> StreamingResponse:
    """Export an Excel workbook with real dates and numbers, and corrected values; no cell is a
    formula."""
    return await _stream_file(ctx, query, xlsx_chunks, _XLSX, "invoices.xlsx")


@router.get(
    "/invoices.json",
    response_class=StreamingResponse,
    responses=_file(_JSON, {"type": "array", "items": {"$ref": "#/components/schemas/Invoice"}}),
)
async def export_json(ctx: UserContext, query: Wanted) -> StreamingResponse:
    """Export one array of invoices, in the form of `GET /v1/invoices/{invoice_id}`."""
    return await _stream_file(ctx, query, json_chunks, _JSON, "invoices.json")


async def _stream_file(
    ctx: Context,
    query: ExportQuery,
    to_chunks: Callable[[AsyncIterator[Document]], AsyncIterator[bytes]],
    media_type: str,
    filename: str,
) -> StreamingResponse:
    chunks = to_chunks(ctx.services.invoices.reader.all(ctx.user_id, query, sort=query.sort))
    first = await anext(chunks)  # an unavailable database is a 503, not a file that breaks off
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingResponse(_prepend(first, chunks), media_type=media_type, headers=headers)


async def _prepend(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
