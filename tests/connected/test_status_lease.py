"""The lease, on the real database."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.status.lease import COLLECTION, Lease
from shared import mongo
from tests.support.waiting import eventually


@pytest.fixture
async def leases(database: Any) -> AsyncIterator[mongo.Database]:
    """The test's database, as the status service sees it."""
    client = mongo.connect(database.url("status"), service="test")
    yield mongo.database(client, database.name)
    await mongo.close(client)


LASTS = dt.timedelta(minutes=10)
"""Longer than any test takes."""


def a_lease(leases: mongo.Database, lasts: dt.timedelta = LASTS) -> Lease:
    return Lease(leases, "watchdog", lasts=lasts)


async def test_of_many_who_ask_at_the_same_time_one_holds_it_and_keeps_it(leases: mongo.Database) -> None:
    asking = [a_lease(leases) for _ in range(10)]
    first = await asyncio.gather(*(lease.acquire() for lease in asking))
    second = await asyncio.gather(*(lease.acquire() for lease in asking))
    assert sum(tenure is not None for tenure in first) == 1
    assert [tenure is not None for tenure in second] == [tenure is not None for tenure in first]


async def test_the_tenure_begins_once_however_often_it_is_renewed(leases: mongo.Database) -> None:
    lease = a_lease(leases)
    first, second = await lease.acquire(), await lease.acquire()
    assert first is not None
    assert second is not None
    assert first.now == first.since == second.since <= second.now


async def test_it_passes_on_when_its_holder_is_gone_without_a_word(leases: mongo.Database) -> None:
    gone, waiting = a_lease(leases), a_lease(leases)
    before = await gone.acquire()
    assert before is not None
    assert await waiting.acquire() is None
    await as_if_later(leases, LASTS / 2)
    assert await waiting.acquire() is None
    await as_if_later(leases, LASTS)
    taken = await waiting.acquire()
    assert taken is not None
    assert taken.since == taken.now >= before.now
    assert await gone.acquire() is None


async def as_if_later(leases: mongo.Database, by: dt.timedelta) -> None:
    """Move the times of the lease into the past."""
    fields = ("since", "renewed_at", "expires_at")
    earlier = {name: {"$subtract": [f"${name}", round(by.total_seconds() * 1000)]} for name in fields}
    await leases[COLLECTION].update_one({"_id": "watchdog"}, [{"$set": earlier}])


async def test_a_tenure_with_a_gap_begins_anew(leases: mongo.Database) -> None:
    lease = a_lease(leases, lasts=dt.timedelta(0))
    first = await lease.acquire()
    assert first is not None

    async def began_anew() -> bool:
        again = await lease.acquire()
        return again is not None and again.since > first.since

    await eventually(began_anew)


async def test_giving_it_back_lets_another_one_in_at_once_and_giving_back_a_strangers_does_nothing(
    leases: mongo.Database,
) -> None:
    holder, other = a_lease(leases), a_lease(leases)
    await holder.acquire()
    await other.release()
    assert await other.acquire() is None
    await holder.release()
    assert await other.acquire() is not None
