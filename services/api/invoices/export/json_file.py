"""One JSON array of invoices, in the form of `GET /v1/invoices/{invoice_id}`."""

from collections.abc import AsyncIterator

from services.api.invoices.reader import read_invoice
from shared.mongo import Document

_AT_ONCE = 100


async def json_chunks(documents: AsyncIterator[Document]) -> AsyncIterator[bytes]:
    """Yield the file in chunks of some invoices, one a line."""
    opening, pieces = "[\n", list[str]()
    async for document in documents:
        pieces.append(opening + read_invoice(document).model_dump_json())
        opening = ",\n"
        if len(pieces) == _AT_ONCE:
            yield "".join(pieces).encode()
            pieces.clear()
    yield ("".join(pieces) + ("[]\n" if opening == "[\n" else "\n]\n")).encode()
