"""CSV (RFC 4180, UTF-8): dates as YYYY-MM-DD, amounts with a decimal point, a header line."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

from bson import Decimal128

from services.api.invoices.export.columns import COLUMNS, safe_text, value_of
from shared.mongo import Document

_ROWS = 200


async def csv_chunks(documents: AsyncIterator[Document]) -> AsyncIterator[bytes]:
    """Yield the file in chunks of a few hundred rows."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    rows = 0
    async for document in documents:
        writer.writerow([_cell(value_of(document, column)) for column in COLUMNS])
        rows += 1
        if rows % _ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    # A negative amount begins with a minus and stays a number.
    return format(value.to_decimal(), "f") if isinstance(value, Decimal128) else value
