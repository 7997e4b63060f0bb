"""Exports take memory for some rows, however many there are."""

import tracemalloc
from collections.abc import AsyncIterator, Callable

import pytest

from services.api.invoices.export.csv_file import csv_chunks
from services.api.invoices.export.json_file import json_chunks
from services.api.invoices.export.xlsx_file import xlsx_chunks
from shared.mongo import Document
from tests.support.invoices import of

ROWS = 10_000
MEGABYTES = 6


async def many() -> AsyncIterator[Document]:
    for n in range(ROWS):
        document = of(f"i{n}", f"Vendor {n}", "2026-01-01", "EUR", "1.00")
        yield {**document, "_corrected": 0, "corrections": {}}


@pytest.mark.parametrize("form", [csv_chunks, json_chunks, xlsx_chunks])
async def test_memory_does_not_grow_with_the_number_of_invoices(
    form: Callable[[AsyncIterator[Document]], AsyncIterator[bytes]],
) -> None:
    tracemalloc.start()
    try:
        written = sum([len(chunk) async for chunk in form(many())])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written > 300_000
    assert peak < MEGABYTES * 2**20
