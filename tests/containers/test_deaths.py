"""Containers whose processes die in the middle of scans come back by themselves, and every scan ends DONE."""

from collections.abc import Callable

import pytest

from tests.containers.compose import Compose
from tests.support.api_client import Person, essence
from tests.support.mailboxes import Samples

NewPerson = Callable[[str], Person]

_COPIES = 4


@pytest.fixture(scope="module")
def mailbox(samples: Samples) -> bytes:
    """Long enough that a scan of it can be met in the middle."""
    return samples.whole("bruno") * _COPIES


@pytest.mark.parametrize("victim", ["scanner", "status", "api", "rabbitmq", "mongo"])
def test_scans_outlive_the_death_of_a_container(
    victim: str, deployment: Compose, person: NewPerson, mailbox: bytes
) -> None:
    people = [person(f"{name}-{victim}") for name in ("bruno", "chiara")]
    tasks = [(each, each.start(each.mailbox(mailbox))) for each in people]
    first, task_id = tasks[0]
    met = first.until(task_id, lambda task: task["progress"] >= 10)
    assert met["status"] == "PROGRESS", "the scan had ended before the container died"
    deployment.kill(victim)
    for each, task_id in tasks:
        ended = each.until_ended(task_id)
        assert (ended["status"], ended["progress"], ended["error"]) == ("DONE", 100, None)
        assert ended["messages_scanned"] == ended["messages_total"] == 300 * _COPIES
        assert len(each.invoices()) == ended["result"]["invoices"] > 0
    assert essence(people[0].invoices()) == essence(people[1].invoices())
    deployment.until_healthy()
