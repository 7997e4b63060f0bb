"""Workbook of invoices: real dates, real numbers, and text that is never a formula.

It is written to a temporary file row by row, since a zip cannot be begun before its parts are
known, and then sent.
"""

import asyncio
import datetime as dt
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from bson import Decimal128
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from services.api.invoices.export.columns import COLUMNS, value_of
from shared.invoice_fields import AMOUNTS, DATES
from shared.mongo import Document

_ROWS = 500
_PIECE_BYTES = 64 * 1024
_WIDTHS = {"vendor": 32, "invoice_number": 20, "iban": 26}
_WIDTH = 14
_FIRST_YEAR = 1900
"""A workbook knows no earlier dates; they become text."""
_EXACT_DIGITS = 15
"""A workbook's numbers hold no more; longer amounts become text rather than wrong."""
_MAX_ROWS = 1_048_575


async def xlsx_chunks(documents: AsyncIterator[Document]) -> AsyncIterator[bytes]:
    """Yield the file in chunks. All of it is written before the first chunk comes."""
    with tempfile.TemporaryDirectory(prefix="mailtally-export-") as folder:
        path = Path(folder) / "invoices.xlsx"
        sheet = await asyncio.to_thread(_Sheet, path, folder)
        rows: list[Document] = []
        async for document in documents:
            rows.append(document)
            if len(rows) == _ROWS:
                await asyncio.to_thread(sheet.add, rows)
                rows.clear()
        await asyncio.to_thread(sheet.add, rows)
        await asyncio.to_thread(sheet.close)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                yield piece


class _Sheet:
    def __init__(self, path: Path, folder: str) -> None:
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._amount = self._book.add_format({"num_format": "#,##0.00"})
        self._row = 0
        self._sheet = self._new_sheet()

    def add(self, documents: list[Document]) -> None:
        for document in documents:
            if self._row == _MAX_ROWS:
                self._sheet = self._new_sheet()
            self._row += 1
            for column, name in enumerate(COLUMNS):
                self._write(column, name, value_of(document, name))

    def close(self) -> None:
        self._book.close()

    def _new_sheet(self) -> Worksheet:
        sheet: Worksheet = self._book.add_worksheet()
        bold = self._book.add_format({"bold": True})
        for column, name in enumerate(COLUMNS):
            sheet.set_column(column, column, _WIDTHS.get(name, _WIDTH))
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name, bold)
        sheet.freeze_panes(1, 0)
        self._row = 0
        return sheet

    def _write(self, column: int, name: str, value: Any) -> None:
        if value is None:
            return
        if name in AMOUNTS and isinstance(value, Decimal128):
            self._write_amount(column, value)
        elif name in DATES and isinstance(value, str) and int(value[:4]) >= _FIRST_YEAR:
            self._sheet.write_datetime(self._row, column, _moment(value), self._date)
        elif isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        elif isinstance(value, int | float):
            self._sheet.write_number(self._row, column, value)
        else:
            # A string cell is never evaluated, whatever it begins with; no apostrophe is needed.
            self._sheet.write_string(self._row, column, str(value)[:32_767])

    def _write_amount(self, column: int, value: Decimal128) -> None:
        amount = value.to_decimal()
        if len(amount.as_tuple().digits) > _EXACT_DIGITS:
            self._sheet.write_string(self._row, column, format(amount, "f"))
        else:
            self._sheet.write_number(self._row, column, float(amount), self._amount)


def _moment(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(day)
