"""What scans find is stored in batches, and several scanners that store the same leave what one would."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from services.scanner.extract.model import StoredDocument
from services.scanner.repository.documents import Documents, Original
from services.scanner.repository.indexes import FOUND_INDEXES
from services.scanner.repository.invoices import Invoices, StoredReading
from services.scanner.repository.ledger import Entry, Ledger, Place
from shared.indexes import ensure_indexes
from shared.mongo import Database, GridFSBucket, connect
from shared.mongo import database as database_of
from tests.support.readings import reading
from tests.support.servers import TestDatabase

NUMBERS = ("R-1", "R-2", "R-3")
MESSAGES = range(1, 9)
TELLING = "RE-2026-0042"


@pytest.fixture
async def db(database: TestDatabase) -> AsyncIterator[Database]:
    client = connect(database.url("scanner"), service="test")
    try:
        db = database_of(client, database.name)
        await ensure_indexes(db, FOUND_INDEXES)
        yield db
    finally:
        client.close()


async def carried(db: Database) -> dict[str, list[int]]:
    """The messages that carried each invoice."""
    found = db["invoices"].find()
    return {one["invoice_number"]: [carrier["uid"] for carrier in one["carriers"]] async for one in found}


def an_original(user_id: str, content: bytes) -> Original:
    sha256 = hashlib.sha256(content).hexdigest()
    described = StoredDocument(sha256=sha256, filename="a.pdf", content_type="application/pdf", size=len(content))
    return Original(user_id, described, content)


async def test_of_batches_at_the_same_time_each_invoice_is_found_by_one_message_and_carried_by_all(
    db: Database,
) -> None:
    batches = [[reading("pdf", uid, number=number) for number in NUMBERS] for uid in MESSAGES]
    stored = await asyncio.gather(*(Invoices(db["invoices"]).store(batch) for batch in batches))
    assert await carried(db) == {number: list(MESSAGES) for number in NUMBERS}
    assert sum(one.created for batch in stored for one in batch) == len(NUMBERS)


async def test_of_several_messages_in_a_batch_the_first_finds_the_invoice(db: Database) -> None:
    invoices = Invoices(db["invoices"])
    batch = [reading("html", 2), reading("ubl", 3), reading("pdf", 1, number="R-2"), reading("pdf", 4)]
    stored = await invoices.store(batch)
    assert [one.created for one in stored] == [True, False, True, False]
    assert await carried(db) == {"R-1": [2, 3, 4], "R-2": [1]}
    assert [invoice["vendor"] async for invoice in db["invoices"].find({"invoice_number": "R-1"})] == ["Vendor by ubl"]

    def told(ones: list[StoredReading]) -> list[tuple[str, bool, bool]]:
        return [(one.id, one.created, one.read_before) for one in ones]

    assert told(await invoices.store(batch)) == told(stored)


async def test_a_carrier_with_the_tax_number_and_one_with_the_name_alone_are_one_invoice(db: Database) -> None:
    invoices = Invoices(db["invoices"])
    await invoices.store([reading("ubl", 1, number=TELLING)])
    await invoices.store([reading("pdf", 2, number=TELLING, tax_id=None, issued=None)])
    await invoices.store([reading("pdf", 3, number=TELLING, tax_id="123456789")])
    assert await carried(db) == {TELLING: [1, 2, 3]}


async def test_another_sellers_invoice_with_the_same_number_and_total_stays_apart_also_when_read_again(
    db: Database,
) -> None:
    invoices = Invoices(db["invoices"])
    batch = [reading("ubl", 1, number=TELLING), reading("ubl", 2, number=TELLING, tax_id="FR999", vendor="Other SAS")]
    stored = await invoices.store(batch)
    again = [(await invoices.store([one]))[0] for one in reversed(batch)]
    assert [one.created for one in stored] == [True, True]
    assert [one.id for one in reversed(again)] == [one.id for one in stored]
    assert len({one.id for one in stored}) == 2
    assert [one.document["near_duplicate_of"] for one in stored] == [None, None]


async def test_the_same_number_with_another_total_is_kept_and_marked_as_a_near_duplicate(db: Database) -> None:
    invoices = Invoices(db["invoices"])
    first, second = await invoices.store(
        [reading("pdf", 1, number=TELLING), reading("pdf", 2, number=TELLING, total="120.00")]
    )
    (third,) = await invoices.store([reading("pdf", 3, number="RE-2026-0099")])
    (foreign,) = await invoices.store([reading("pdf", 4, number=TELLING, total="121.00", user_id="v")])
    near = [one.document["near_duplicate_of"] for one in (first, second, third, foreign)]
    assert near == [None, first.id, first.id, None]


async def test_an_original_is_kept_once_for_each_user_whole_and_readable(db: Database) -> None:
    large, small = b"%PDF" + bytes(range(256)) * 3_000, b"<Invoice/>"
    originals = [an_original("u", large), an_original("u", small), an_original("v", large), an_original("u", large)]
    await asyncio.gather(*(Documents(db).store(originals) for _ in range(4)))
    await Documents(db).store(originals)
    bucket = GridFSBucket(db, bucket_name="documents")
    for original in originals:
        stream = await bucket.open_download_stream(original.file_id)
        assert await stream.read() == original.content
    kept = [file["metadata"] async for file in db["documents.files"].find().sort("_id", 1)]
    assert kept == [{"user_id": user, "content_type": "application/pdf"} for user in ("u", "u", "v")]
    assert await db["documents.chunks"].count_documents({}) == 3 + 1 + 3


async def test_a_ledgers_line_says_what_the_latest_scan_says_and_new_ones_stand_beside_it(db: Database) -> None:
    ledger = Ledger(db["message_ledger"], kept_days=30)

    def line(uid: int, task_id: str) -> Entry:
        return Entry(Place("u", "a", task_id, "INBOX", 7, uid), 100, "none", f"by {task_id}")

    await ledger.write([line(1, "first"), line(2, "first")], for_ever=True)
    await ledger.write([line(3, "second"), line(2, "second"), line(4, "second")], for_ever=True)
    lines = {one["uid"]: (one["task_id"], one["reason"]) async for one in db["message_ledger"].find()}
    first, second = ("first", "by first"), ("second", "by second")
    assert lines == {1: first, 2: second, 3: second, 4: second}
