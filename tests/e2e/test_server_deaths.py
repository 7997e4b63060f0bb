"""Servers that die while many scans report cost time and nothing else."""

from collections.abc import Callable

import pytest

from cli.main import main
from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person
from tests.support.mailboxes import Samples

pytestmark = pytest.mark.timeout(400)

_USERS = 20
_MAILBOXES = 10
_MESSAGES = 25


def test_two_hundred_scans_outlive_the_status_service_the_broker_and_the_database(
    stack: LocalStack, person: Callable[[], Person], samples: Samples, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox = samples.first_messages("chiara", _MESSAGES)
    owners = [person() for _ in range(_USERS)] * _MAILBOXES
    accounts = [(owner, owner.mailbox(mailbox, f"{n}.mbox")) for n, owner in enumerate(owners)]
    tasks = [(owner, owner.start(account_id)) for owner, account_id in accounts]
    deaths = {0: "status", 40: "rabbitmq", 80: "mongod"}
    for number, (owner, task_id) in enumerate(tasks):
        if number in deaths:
            stack.kill(deaths[number])
        ended = owner.until_ended(task_id)
        assert (ended["status"], ended["progress"], ended["messages_scanned"]) == ("DONE", 100, _MESSAGES)
        assert [entry["status"] for entry in ended["history"]][-1] == "DONE"
    assert main(["--local", str(stack.layout.local), "rebuild", "--verify"]) == 0, capsys.readouterr().out
