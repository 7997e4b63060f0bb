"""One JSON array of invoices, as the api gives them one by one."""

from collections.abc import AsyncIterator

from services.api.invoices.reader import read_invoice
from shared.mongo import Document

_AT_ONCE = 100


async def json_chunks(documents: AsyncIterator[Document]) -> AsyncIterator[bytes]:
    """The file in pieces; each holds some invoices, one a line."""
    opening, pieces = "[\n", list[str]()
    async for document in documents:
        pieces.append(opening + read_invoice(document).model_dump_json())
        opening = ",\n"
        if len(pieces) == _AT_ONCE:
            yield "".join(pieces).encode()
            pieces.clear()
    yield ("".join(pieces) + ("[]\n" if opening == "[\n" else "\n]\n")).encode()
