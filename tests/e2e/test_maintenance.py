"""`mailtally migrate` and `mailtally rebuild` on the running product."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from cli.main import main
from tests.e2e.conftest import SLICE_MESSAGES, LocalStack
from tests.support.api_client import Person
from tests.support.dovecot import MailServer
from tests.support.held_mail import HeldMail, an_unfinished_mailbox
from tests.support.mailboxes import Samples
from tools.stack.options import DATABASE

Output = pytest.CaptureFixture[str]


@pytest.fixture
def tasks(stack: LocalStack) -> Iterator[Collection[dict[str, Any]]]:
    """The collection, for an administrator."""
    with MongoClient[dict[str, Any]](stack.state.mongo_url) as client:
        yield client[DATABASE]["scanning_tasks"]


def test_a_rebuild_finds_and_mends_what_was_tampered_with_while_a_scan_runs(
    stack: LocalStack,
    tasks: Collection[dict[str, Any]],
    person: Callable[[], Person],
    samples: Samples,
    mail_server: MailServer,
    held_mail: HeldMail,
    capsys: Output,
) -> None:
    rebuild = ["--local", str(stack.layout.local), "rebuild"]
    ada = person()
    task_id = ada.scan(samples.first_messages("ada", 60))["task_id"]
    with an_unfinished_mailbox(mail_server, held_mail, messages=2 * SLICE_MESSAGES, free=SLICE_MESSAGES) as mailbox:
        running = ada.start(ada.server_mailbox(mailbox.source))
        ada.until(running, lambda task: task["progress"] > 0)
        tampered_and_mended(rebuild, tasks, task_id, capsys)
    assert ada.api.scan(task_id)["progress"] == 100
    assert ada.until_ended(running)["status"] == "DONE"
    assert main([*rebuild, "--verify"]) == 0


def tampered_and_mended(rebuild: list[str], tasks: Collection[dict[str, Any]], task_id: str, capsys: Output) -> None:
    assert main([*rebuild, "--verify"]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith(": 0 differences.\n")
    tasks.update_one({"_id": task_id}, {"$set": {"progress": 7}})
    assert main([*rebuild, "--verify", "--json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference == {"task_id": task_id, "fields": {"progress": {"stored": 7, "rebuilt": 100}}}
    assert main(rebuild) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{task_id}  progress\n")
    assert said.endswith(": 1 difference, 1 corrected.\n")


def test_a_migration_turns_success_into_done(
    stack: LocalStack, tasks: Collection[dict[str, Any]], capsys: Output
) -> None:
    tasks.insert_many({"_id": f"old-{n}", "status": "SUCCESS"} for n in range(3))
    migrate = ["--local", str(stack.layout.local), "migrate"]
    assert main(migrate) == 0
    assert capsys.readouterr().out == "3 tasks migrated from SUCCESS to DONE.\n"
    assert main([*migrate, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"migrated": 0}
    assert tasks.count_documents({"_id": {"$regex": "^old-"}, "status": "DONE"}) == 3
    tasks.delete_many({"_id": {"$regex": "^old-"}})
