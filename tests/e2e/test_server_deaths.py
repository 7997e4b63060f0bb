"""Servers that die while many scans report cost time and nothing else."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from cli.main import main
from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person
from tests.support.scanning import a_message, an_mbox
from tests.support.waiting import eventually_sync
from tools.stack.options import DATABASE

_USERS = 20
_MAILBOXES = 10
_SCANS = _USERS * _MAILBOXES
_MESSAGES = 25
_DEATHS = {"status": _SCANS // 4, "rabbitmq": _SCANS // 2, "mongod": 3 * _SCANS // 4}
"""Each dies when so many scans have ended: however quick the machine is, a quarter of them is left for the last."""


@pytest.fixture
def runs(stack: LocalStack) -> Iterator[Collection[dict[str, Any]]]:
    """What the scanners themselves know of their scans, for an administrator."""
    with MongoClient[dict[str, Any]](stack.state.mongo_url) as client:
        yield client[DATABASE]["scan_runs"]


def test_two_hundred_scans_outlive_the_status_service_the_broker_and_the_database(
    stack: LocalStack,
    runs: Collection[dict[str, Any]],
    person: Callable[[], Person],
    capsys: pytest.CaptureFixture[str],
) -> None:
    mailbox = an_mbox([a_message(n, invoice=f"D-{n}" if n % 5 == 0 else None) for n in range(1, _MESSAGES + 1)])
    owners = [person() for _ in range(_USERS)] * _MAILBOXES
    accounts = [(owner, owner.mailbox(mailbox, f"{n}.mbox")) for n, owner in enumerate(owners)]
    tasks = [(owner, owner.start(account_id)) for owner, account_id in accounts]
    first_lives = stack.state.processes
    ours = {"_id": {"$in": [task_id for _, task_id in tasks]}}

    def more_than(before: int) -> int:
        now = runs.count_documents({**ours, "state": "done"})
        return now if now > before else 0

    done = 0
    for victim, number in _DEATHS.items():
        while done < number:
            done = eventually_sync(partial(more_than, done))
        at_work = runs.count_documents({**ours, "state": "running"})
        stack.kill(victim)
        assert at_work > 0, f"{victim} died beside nothing"
    for owner, task_id in tasks:
        ended = owner.until_ended(task_id)
        assert (ended["status"], ended["progress"], ended["messages_scanned"]) == ("DONE", 100, _MESSAGES)
        assert [entry["status"] for entry in ended["history"]][-2:] == ["PROGRESS", "DONE"]
    assert all(stack.state.processes[victim] != first_lives[victim] for victim in _DEATHS)
    assert main(["--local", str(stack.layout.local), "rebuild", "--verify"]) == 0, capsys.readouterr().out
