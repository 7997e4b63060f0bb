"""Near-duplicates are marked by what is stored, whatever came first, was interrupted or has gone."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator

import pytest

from services.scanner.repository.indexes import FOUND_INDEXES
from services.scanner.repository.invoices import Invoices
from services.scanner.repository.near_duplicates import NearDuplicates
from shared.indexes import ensure_indexes
from shared.mongo import Database, connect
from shared.mongo import database as database_of
from tests.support.readings import reading
from tests.support.servers import TestDatabase

READINGS = [
    reading("pdf", 1, number="RE-2026-0042"),
    reading("pdf", 2, number="RE-2026-0042", total="120.00"),  # another total
    reading("pdf", 3, number="RE-2026-0099"),  # another number on the same day
    reading("pdf", 4, number="RE-2026-0100", total="500.00"),
    reading("html", 5, number="RE-2026-0042"),  # another carrier of the first
]
SEED = 4


@pytest.fixture
async def db(database: TestDatabase) -> AsyncIterator[Database]:
    client = connect(database.url("scanner"), service="test")
    try:
        db = database_of(client, database.name)
        await ensure_indexes(db, FOUND_INDEXES)
        yield db
    finally:
        client.close()


async def marks(db: Database) -> dict[str, str | None]:
    """By number and total, those of the invoice that it is said to be near to."""
    found = {one["_id"]: one async for one in db["invoices"].find()}
    name = {key: f"{one['invoice_number']} {one['total']}" for key, one in found.items()}
    return {name[key]: name.get(one["near_duplicate_of"], one["near_duplicate_of"]) for key, one in found.items()}


EXPECTED = {
    "RE-2026-0042 119.00": None,
    "RE-2026-0042 120.00": "RE-2026-0042 119.00",
    "RE-2026-0099 119.00": "RE-2026-0042 119.00",
    "RE-2026-0100 500.00": None,
}


async def test_in_every_order_the_same_are_marked(db: Database) -> None:
    orders = random.Random(SEED).sample(list(itertools.permutations(READINGS)), 24)  # noqa: S311 (tries orders)
    for order in orders:
        await db["invoices"].delete_many({})
        for one in order:
            (stored,) = await Invoices(db["invoices"]).store([one])
            kept = await db["invoices"].find_one({"_id": stored.id})
            assert kept is not None
            assert kept["near_duplicate_of"] == stored.document["near_duplicate_of"]
        assert await marks(db) == EXPECTED


async def test_stored_at_the_same_time_the_same_are_marked(db: Database) -> None:
    for _ in range(10):
        await db["invoices"].delete_many({})
        await asyncio.gather(*(Invoices(db["invoices"]).store([one]) for one in READINGS))
        assert await marks(db) == EXPECTED


async def test_what_dies_before_the_marks_is_made_good_when_it_is_done_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(NearDuplicates, "mark", dies)
        with pytest.raises(ConnectionError):
            await Invoices(db["invoices"]).store(READINGS)
    assert set((await marks(db)).values()) == {None}
    await Invoices(db["invoices"]).store(READINGS)
    assert await marks(db) == EXPECTED


async def test_when_the_first_goes_the_next_takes_its_place(db: Database) -> None:
    totals = ("119.00", "120.00", "121.00")
    await Invoices(db["invoices"]).store(
        [reading("pdf", uid, total=total) for uid, total in enumerate(totals, start=1)]
    )
    assert list((await marks(db)).values()) == [None, "R-1 119.00", "R-1 119.00"]
    first = await db["invoices"].find_one({"near_duplicate_of": None})
    assert first is not None
    await db["invoices"].delete_one({"_id": first["_id"]})
    await NearDuplicates(db["invoices"]).mark_again("u")
    assert await marks(db) == {"R-1 120.00": None, "R-1 121.00": "R-1 120.00"}
