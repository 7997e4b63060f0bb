"""The lease, on the real database."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.status.lease import Lease
from shared import mongo
from tests.support.waiting import eventually


@pytest.fixture
async def leases(database: Any) -> AsyncIterator[mongo.Database]:
    """The test's database, as the status service sees it."""
    client = mongo.connect(database.url("status"), service="test")
    yield mongo.database(client, database.name)
    await mongo.close(client)


def a_lease(leases: mongo.Database, seconds: float = 30) -> Lease:
    return Lease(leases, "watchdog", lasts=dt.timedelta(seconds=seconds))


async def test_of_many_who_ask_at_the_same_time_one_holds_it_and_keeps_it(leases: mongo.Database) -> None:
    asking = [a_lease(leases) for _ in range(10)]
    first = await asyncio.gather(*(lease.hold() for lease in asking))
    second = await asyncio.gather(*(lease.hold() for lease in asking))
    assert sum(tenure is not None for tenure in first) == 1
    assert [tenure is not None for tenure in second] == [tenure is not None for tenure in first]


async def test_the_tenure_begins_once_however_often_it_is_renewed(leases: mongo.Database) -> None:
    lease = a_lease(leases)
    first, second = await lease.hold(), await lease.hold()
    assert first is not None
    assert second is not None
    assert first.now == first.since == second.since <= second.now


async def test_it_passes_on_when_its_holder_is_gone_without_a_word(leases: mongo.Database) -> None:
    gone, waiting = a_lease(leases, seconds=2), a_lease(leases)
    before = await gone.hold()
    assert before is not None
    assert await waiting.hold() is None
    taken = []

    async def passed_on() -> bool:
        taken.append(await waiting.hold())
        return taken[-1] is not None

    await eventually(passed_on)
    assert taken[-1] is not None
    assert taken[-1].since == taken[-1].now >= before.now + dt.timedelta(seconds=2)
    assert await gone.hold() is None


async def test_a_tenure_with_a_gap_begins_anew(leases: mongo.Database) -> None:
    lease = a_lease(leases, seconds=0)
    first = await lease.hold()
    assert first is not None

    async def began_anew() -> bool:
        again = await lease.hold()
        return again is not None and again.since > first.since

    await eventually(began_anew)


async def test_giving_it_back_lets_another_one_in_at_once_and_giving_back_a_strangers_does_nothing(
    leases: mongo.Database,
) -> None:
    holder, other = a_lease(leases), a_lease(leases)
    await holder.hold()
    await other.release()
    assert await other.hold() is None
    await holder.release()
    assert await other.hold() is not None
