"""A mailbox goes in, invoices come out, and everyone can see how far it is."""

from collections.abc import Callable

import httpx
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cli.errors import ApiProblemError
from cli.parsing.months_option import ALL_MAIL
from tests.e2e.conftest import SLICE_MESSAGES, LocalStack
from tests.support.api_client import Person, essence
from tests.support.dovecot import MailServer
from tests.support.held_mail import HeldMail, UnfinishedMailbox, an_unfinished_mailbox
from tests.support.mailboxes import Samples, known, read
from tests.support.waiting import SECONDS

NewPerson = Callable[[], Person]
UNAUTHORIZED = 13


def test_the_invoices_of_a_mailbox_are_found_with_number_date_and_total(person: NewPerson, samples: Samples) -> None:
    ada = person()
    task = ada.scan(samples.whole("ada"))
    assert (task["status"], task["progress"], task["error"]) == ("DONE", 100, None)
    invoices = ada.invoices(task_id=task["task_id"])
    assert read(invoices) == known(samples.truth("ada"))
    assert task["result"]["invoices"] == task["invoices_found"] == len(invoices)
    assert task["messages_scanned"] == task["messages_total"] == task["result"]["messages"] == 330


def test_a_second_scan_of_the_same_mail_finds_nothing_new(person: NewPerson, samples: Samples) -> None:
    ada = person()
    account_id = ada.mailbox(samples.first_messages("ada", 60))
    first = ada.until_ended(ada.start(account_id))
    before = essence(ada.invoices())
    second = ada.until_ended(ada.start(account_id))
    full = ada.until_ended(ada.start(account_id, full=True))
    assert first["result"]["invoices"] > 0
    assert (second["status"], second["result"]["skipped"], second["result"]["invoices"]) == ("DONE", 60, 0)
    assert (full["status"], full["result"]["skipped"], full["result"]["invoices"]) == ("DONE", 0, 0)
    assert essence(ada.invoices()) == before


def test_the_event_stream_goes_from_pending_to_done_with_rising_versions(
    person: NewPerson, mail_server: MailServer, held_mail: HeldMail
) -> None:
    ada = person()
    with an_unfinished_mailbox(mail_server, held_mail, messages=3 * SLICE_MESSAGES, free=SLICE_MESSAGES) as mailbox:
        account_id = ada.server_mailbox(mailbox.source)
        seen = [ada.api.start_scan(account_id, months=ALL_MAIL, full=False)]
        news = ada.versions(seen[0]["task_id"])
        while seen[-1]["progress"] == 0:
            seen += [task for task in (next(news),) if task["version"] > seen[-1]["version"]]
    seen += news
    versions = [task["version"] for task in seen]
    states = list(dict.fromkeys(task["status"] for task in seen))
    assert versions == sorted(set(versions))
    assert states == ["PENDING", "PROGRESS", "DONE"]
    running = [task["progress"] for task in seen if task["status"] == "PROGRESS"]
    assert running == sorted(running)
    assert [entry["status"] for entry in seen[-1]["history"]] == ["PENDING", "PROGRESS", "DONE"]


def test_every_message_has_its_outcome_in_the_ledger(stack: LocalStack, person: NewPerson, samples: Samples) -> None:
    ada = person()
    task = ada.scan(samples.first_messages("ada", 60))
    with stack.door.operator() as operator:
        bearer = operator.token(ada.name)["access_token"]
    answer = httpx.get(
        f"{stack.door.api_url}/v1/scans/{task['task_id']}/messages",
        params={"limit": 200},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=SECONDS,
    ).json()
    assert sum(answer["counts"].values()) == len(answer["items"]) == 60
    assert answer["counts"]["invoice"] == len([item for item in answer["items"] if item["outcome"] == "invoice"]) > 0


def test_a_cancelled_scan_stops_where_it_is_and_keeps_what_it_found(
    person: NewPerson, unfinished: UnfinishedMailbox
) -> None:
    ada = person()
    task_id = ada.start(ada.server_mailbox(unfinished.source))
    ada.until(task_id, lambda task: task["progress"] > 0 and task["invoices_found"] > 0)
    ada.api.cancel_scan(task_id)
    ended = ada.until_ended(task_id)
    assert ended["status"] == "CANCELLED"
    assert 0 < ended["progress"] < 100
    assert len(ada.invoices(task_id=task_id)) >= 1
    assert [entry["status"] for entry in ended["history"]][-2:] == ["CANCEL_REQUESTED", "CANCELLED"]


def test_what_is_a_users_own_does_not_exist_for_another(person: NewPerson, samples: Samples) -> None:
    ada, eve = person(), person()
    account_id = ada.mailbox(samples.first_messages("ada", 40))
    task_id = ada.start(account_id)
    ada.until_ended(task_id)
    attempts: list[Callable[[], object]] = [
        lambda: eve.api.scan(task_id),
        lambda: eve.api.cancel_scan(task_id),
        lambda: eve.start(account_id),
        lambda: eve.api.delete_account(account_id),
        lambda: eve.api.upload(account_id, "x.mbox", iter([b"From "]), 5),
        lambda: list(eve.versions(task_id)),
    ]
    for attempt in attempts:
        with pytest.raises(ApiProblemError) as refused:
            attempt()
        assert (refused.value.status, refused.value.code) == (404, "not_found")
    assert (eve.invoices(), list(eve.api.scans()), eve.api.accounts()) == ([], [], [])
    assert eve.invoices(task_id=task_id) == []


def test_only_the_status_service_may_write_tasks(stack: LocalStack) -> None:
    for service, may in (("api", False), ("scanner", False), ("status", True)):
        with MongoClient[dict[str, object]](stack.state.users[service].mongo_url) as client:
            tasks = client["mailtally"]["scanning_tasks"]
            if may:
                assert tasks.update_one({"_id": "nobody's"}, {"$set": {"progress": 1}}).matched_count == 0
                continue
            with pytest.raises(OperationFailure) as refused:
                tasks.update_one({"_id": "nobody's"}, {"$set": {"progress": 1}})
            assert refused.value.code == UNAUTHORIZED
