"""A background task that ends on its own is a failure that readiness tells."""

import asyncio

from shared.supervision import Supervisor
from tests.support.waiting import patience


async def test_a_task_that_dies_makes_the_service_fail() -> None:
    supervisor = Supervisor()

    async def dies() -> None:
        raise RuntimeError

    supervisor.start("dies", dies())
    async with patience():
        await supervisor.failed.wait()
    assert not await supervisor.alive()
    await supervisor.stop()


async def test_stopping_on_purpose_is_no_failure() -> None:
    supervisor = Supervisor()
    supervisor.start("waits", asyncio.Event().wait())
    assert await supervisor.alive()
    await supervisor.stop()
    assert not supervisor.failed.is_set()
