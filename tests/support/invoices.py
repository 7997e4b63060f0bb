"""Invoices as the scanner stores them."""

import datetime as dt
from typing import Any

from bson import Decimal128

from shared.mongo import Database, Document, GridFSBucket

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def an_invoice(invoice_id: str, **fields: Any) -> Document:
    """An invoice of anna."""
    return {
        "_id": invoice_id,
        "user_id": "anna",
        "account_id": "a1",
        "task_id": "t1",
        "kind": "invoice",
        "format": "pdf",
        "confidence": 0.9,
        "checks": [],
        "evidence": {},
        "carriers": [],
        "needs_check": False,
        "found_at": NOW,
        "_version": 1,
        **fields,
    }


def of(invoice_id: str, vendor: str | None, day: str | None, currency: str, total: str | None, **more: Any) -> Document:
    """The same with what is written on it."""
    amount = None if total is None else Decimal128(total)
    return an_invoice(invoice_id, vendor=vendor, issue_date=day, currency=currency, total=amount, **more)


async def store_original(
    database: Database, name: str, content: bytes, content_type: str, *, user_id: str = "anna"
) -> Document:
    """Keep a document of a user; returns a carrier of it."""
    bucket = GridFSBucket(database, bucket_name="documents")
    metadata = {"user_id": user_id, "content_type": content_type}
    async with bucket.open_upload_stream_with_id(f"{user_id}/{name}", name, metadata=metadata) as file:
        await file.write(content)
    return {"message_id": None, "folder": "", "uid": 1, "part": "2", "filename": name, "sha256": name}
