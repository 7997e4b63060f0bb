"""The services' logs: JSON that says which service, trace and task, each change of a status once, and nobody's data."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person
from tests.support.dovecot import HOST, MailServer
from tests.support.mailboxes import Samples
from tests.support.mailing import a_user
from tests.support.waiting import eventually_sync
from tools.drill.checks.logs import nothing_secret

SERVICES = ("api", "scanner", "status")


def lines(stack: LocalStack) -> list[dict[str, Any]]:
    """Every line of every process; a file's name begins with the service."""
    found = []
    for service in SERVICES:
        for path in sorted(stack.layout.logs.glob(f"{service}-*.log")):
            whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")  # the next may be half written
            said = [json.loads(line) for line in whole.splitlines()]
            assert {line["service"] for line in said} == {service}
            found += said
    return found


def test_each_status_change_is_one_line_of_the_trace_of_its_scan_and_nothing_personal_is_said(
    stack: LocalStack, person: Callable[[], Person], samples: Samples, mail_server: MailServer
) -> None:
    ada, user = person(), a_user()
    mailbox = samples.first_messages("ada", 60)
    place = {"kind": "imap", "host": HOST, "port": mail_server.tls_port, "username": user}
    refused = ada.api.create_account("By password", {**place, "password": "a wrong password of the test"})
    done = ada.scan(mailbox)
    failed = ada.until_ended(ada.start(refused["account_id"]))
    assert (done["status"], failed["error_code"]) == ("DONE", "login_refused")

    def both_ends() -> list[dict[str, Any]]:
        """A status is stored before it is logged."""
        said = lines(stack)
        ends = {(line["task_id"], line["to"]) for line in said if line["message"] == "status changed"}
        return said if ends >= {(task["task_id"], task["status"]) for task in (done, failed)} else []

    said = eventually_sync(both_ends)
    assert all({"at", "level", "logger", "message", "service"} <= line.keys() for line in said)
    for task in (done, failed):
        own = [line for line in said if line.get("task_id") == task["task_id"]]
        assert len({line.get("trace_id") for line in own}) == 1
        assert own[0]["trace_id"] is not None
        changes = [line for line in own if line["message"] == "status changed"]
        assert [changes[0]["from"], changes[-1]["to"]] == ["NEW", task["status"]]
        assert all(before["to"] == after["from"] for before, after in pairwise(changes))
        assert len({change["to"] for change in changes}) == len(changes)
        assert {change["event_id"] for change in changes} >= {task["history"][-1]["event_id"]}
    (reason,) = (
        line for line in said if line["message"] == "scan failed permanently" and line["task_id"] == failed["task_id"]
    )
    assert (reason["service"], reason["reason"]) == ("scanner", "login_refused")

    found = nothing_secret(stack.layout, [mailbox])
    assert found.holds, found.broken
    words = {
        ada.name,
        user,
        *(str(invoice[name]) for invoice in ada.invoices() for name in ("vendor", "invoice_number")),
    }
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in said)
    assert {word for word in words if len(word) > 5 and word in text} == set()
