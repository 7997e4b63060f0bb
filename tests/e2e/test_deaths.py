"""Processes that die in the middle of a scan cost time and nothing else."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person, essence
from tests.support.mailboxes import Samples

NewPerson = Callable[[], Person]

_COPIES = 3


@pytest.fixture(scope="module")
def mailbox(samples: Samples) -> bytes:
    """Long enough that a scan of it can be met in the middle."""
    return samples.whole("bruno") * _COPIES


@pytest.fixture(scope="module")
def undisturbed(stack: LocalStack, mailbox: bytes) -> set[tuple[object, ...]]:
    """What a scan finds when nothing happens to it."""
    with stack.door.user("undisturbed") as api:
        quiet = Person("undisturbed", api)
        task = quiet.scan(mailbox)
        assert task["status"] == "DONE"
        return essence(quiet.invoices())


@pytest.mark.parametrize("service", ["scanner", "status"])
def test_a_service_killed_in_the_middle_of_a_scan_changes_nothing_of_its_result(
    service: str, stack: LocalStack, person: NewPerson, mailbox: bytes, undisturbed: set[tuple[object, ...]]
) -> None:
    bruno = person()
    task_id = bruno.start(bruno.mailbox(mailbox))
    bruno.until(task_id, lambda task: 10 <= task["progress"] <= 60)
    stack.kill(service)
    ended = bruno.until_ended(task_id)
    assert ended["status"] == "DONE"
    assert ended["messages_scanned"] == ended["messages_total"] == 300 * _COPIES
    assert essence(bruno.invoices()) == undisturbed
    assert ended["result"]["invoices"] == len(undisturbed)
