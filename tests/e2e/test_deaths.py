"""Processes that die in the middle of a scan cost time and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import SLICE_MESSAGES, LocalStack
from tests.support.api_client import Person, essence
from tests.support.dovecot import MailServer
from tests.support.held_mail import HeldMail
from tests.support.mailboxes import Samples
from tests.support.mailing import a_user

NewPerson = Callable[[], Person]
Source = dict[str, Any]

MESSAGES = 10 * SLICE_MESSAGES


@pytest.fixture(scope="module")
def mailbox(samples: Samples, mail_server: MailServer, held_mail: HeldMail) -> Source:
    """On a mail server, where a scan can be kept in its middle."""
    user = a_user()
    mail_server.deliver(user, samples.messages("bruno", MESSAGES))
    return held_mail.source(user)


@pytest.fixture(scope="module")
def undisturbed(stack: LocalStack, mailbox: Source) -> set[tuple[object, ...]]:
    """What a scan finds when nothing happens to it."""
    with stack.door.user("undisturbed") as api:
        quiet = Person("undisturbed", api)
        task = quiet.until_ended(quiet.start(quiet.server_mailbox(mailbox)))
        assert task["status"] == "DONE"
        return essence(quiet.invoices())


@pytest.mark.parametrize("service", ["scanner", "status"])
def test_a_service_killed_in_the_middle_of_a_scan_changes_nothing_of_its_result(
    service: str,
    stack: LocalStack,
    person: NewPerson,
    mailbox: Source,
    held_mail: HeldMail,
    undisturbed: set[tuple[object, ...]],
) -> None:
    bruno = person()
    with held_mail.holding(behind=MESSAGES // 2):
        task_id = bruno.start(bruno.server_mailbox(mailbox))
        bruno.until(task_id, lambda task: task["progress"] > 0)
        held_mail.until_held()
        stack.kill(service)
    ended = bruno.until_ended(task_id)
    assert ended["status"] == "DONE"
    assert ended["messages_scanned"] == ended["messages_total"] == MESSAGES
    assert essence(bruno.invoices()) == undisturbed
    assert ended["result"]["invoices"] == len(undisturbed) > 0
