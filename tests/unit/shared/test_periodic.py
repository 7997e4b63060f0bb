"""Periodic work goes on after a server was unavailable, and ends with any other error."""

import logging

import pytest
from pymongo.errors import AutoReconnect

from shared.periodic import run_periodically


async def test_work_that_met_an_unavailable_database_runs_again(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        raise AutoReconnect("away") if runs == 1 else KeyError

    with pytest.raises(KeyError):
        await run_periodically(work, name="a test", every_s=0.0, logger=logging.getLogger("test"))
    assert runs == 2
    assert [(record.levelname, vars(record)["event"]) for record in caplog.records] == [
        ("WARNING", "periodic_work_deferred")
    ]
