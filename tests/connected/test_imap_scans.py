"""Whole scans of mailboxes on a real mail server."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.dovecot import MailServer
from tests.support.mailing import a_user, hands, mail_settings
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

SEVENTEEN = [a_message(n, invoice=f"L-{n}" if n % 4 == 0 else None) for n in range(1, 18)]
"""Invoices in messages 4, 8, 12 and 16."""
READ_ONLY = re.compile(
    rb"\S+ (?:CAPABILITY|ID|LIST|NAMESPACE|STATUS|EXAMINE|UNSELECT|LOGOUT|UID SEARCH|UID FETCH|AUTHENTICATE|ENABLE)\b"
)


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def result_of(stage: Stage, account_id: str, **asked: Any) -> dict[str, Any]:
    """The result of a scan that completes."""
    task_id = await stage.request(account_id, **asked)
    completed = await stage.said.until_key(task_id, "scan.completed.v1")
    result: dict[str, Any] = completed.data.result.model_dump()
    return result


async def ledger(stage: Stage, account_id: str) -> dict[tuple[str, int], tuple[str, str]]:
    """Outcome and reason by folder and uid."""
    lines = stage.db["message_ledger"].find({"account_id": account_id})
    return {(line["folder"], line["uid"]): (line["outcome"], line["reason"]) async for line in lines}


async def records(stage: Stage, account_id: str) -> list[dict[str, Any]]:
    """The invoices of an account without what tells when, and for which user and account, they were found."""
    found = await stage.db["invoices"].find({"account_id": account_id}).sort("invoice_number", 1).to_list(None)
    numbers = {one["_id"]: one["invoice_number"] for one in found}
    left_out = {"_id", "_alike", "_created_by", "_rank", "_version", "account_id", "found_at", "task_id", "user_id"}
    for one in found:
        one["near_duplicate_of"] = numbers.get(one["near_duplicate_of"])
    return [{name: value for name, value in one.items() if name not in left_out} for one in found]


async def test_a_mailbox_on_a_server_gives_what_the_same_mailbox_as_an_upload_gives(
    stage: Stage, mail_server: MailServer
) -> None:
    user = a_user()
    mail_server.deliver(user, SEVENTEEN)
    async with stage.scanner(**mail_settings(mail_server)):
        uploaded = await stage.account(an_mbox(SEVENTEEN), user_id="one")
        on_server = await stage.mail_account(mail_server, user, user_id="two")
        task_id = await stage.request(uploaded, user_id="one")
        expected = (await stage.said.until_key(task_id, "scan.completed.v1")).data.result
        task_id = await stage.request(on_server, user_id="two")
        result = (await stage.said.until_key(task_id, "scan.completed.v1")).data.result
    same = {"messages", "scanned", "skipped", "failed", "invoices", "duplicates", "totals", "partial"}
    assert result.model_dump(include=same) == expected.model_dump(include=same)
    lines = await ledger(stage, on_server)
    assert {uid: line for (_, uid), line in lines.items()} == {
        uid: line for (_, uid), line in (await ledger(stage, uploaded)).items()
    }
    theirs, ours = await records(stage, uploaded), await records(stage, on_server)
    for record in (*theirs, *ours):
        for carrier in record["carriers"]:
            carrier.pop("folder")
            carrier.pop("_places")
    assert ours == theirs
    assert len(ours) == 4


async def test_a_scan_changes_nothing_in_the_mailbox(stage: Stage, mail_server: MailServer) -> None:
    user = a_user()
    mail_server.deliver(user, SEVENTEEN)
    with hands(mail_server, user) as mine:
        mine.append(a_message(18, invoice="L-18"), flags="(\\Flagged)")
        mine.create("Rechnungen für März")
        mine.append(a_message(19, invoice="L-19"), "Rechnungen für März")
        folders = ("INBOX", "Rechnungen für März")
        before = [mine.standing(folder) for folder in folders]
    mail_server.record(user)
    async with stage.scanner(**mail_settings(mail_server)):
        result = await result_of(stage, await stage.mail_account(mail_server, user))
    with hands(mail_server, user) as mine:
        after = [mine.standing(folder) for folder in folders]
    assert result["invoices"] == 6
    assert after == before
    lines = [line for said in mail_server.transcripts(user)[:-1] for line in said.splitlines()]
    assert sum(b"UID FETCH" in line for line in lines) > 5
    for line in lines:
        assert READ_ONLY.match(line), line
        assert b"BODY[" not in line
