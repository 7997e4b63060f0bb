"""Scans after the first: only what is new is read, whatever became of the mailbox and of the scans in between."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.slices import Slice
from services.scanner.sources.base import FetchedMessage
from services.scanner.sources.imap.source import ImapSource
from shared.events import utc_now
from tests.support.dovecot import MailServer
from tests.support.mailing import Hands, a_user, hands, mail_settings
from tests.support.scanning import Stage, a_message, a_stage
from tests.support.servers import TestDatabase, Vhost

DAY_S = 24 * 3600


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


@pytest.fixture
async def scans(stage: Stage, mail_server: MailServer) -> AsyncIterator["Scans"]:
    user = a_user()
    async with stage.scanner(**mail_settings(mail_server)):
        with hands(mail_server, user) as mine:
            yield Scans(stage, mail_server, user, mine, await stage.mail_account(mail_server, user))


class Scans:
    """One account that is scanned again and again, and its owner's hands."""

    def __init__(self, stage: Stage, server: MailServer, user: str, mine: Hands, account_id: str) -> None:
        self.stage = stage
        self.server = server
        self.user = user
        self.mine = mine
        self.account_id = account_id

    async def scan(self, **asked: Any) -> tuple[int, int, int]:
        """Messages that were scanned and skipped, and invoices that were new."""
        result = await self.result(**asked)
        return result["scanned"], result["skipped"], result["invoices"]

    async def result(self, **asked: Any) -> dict[str, Any]:
        # Cursors are written after the end, so they are watched from before the beginning.
        async with self.stage.db["mailbox_cursors"].watch() as changes:
            task_id = await self.stage.request(self.account_id, **asked)
            completed = await self.stage.said.until_key(task_id, "scan.completed.v1")
            folders = len(await self.marks_of(task_id))
            while await self.stage.db["mailbox_cursors"].count_documents({"task_id": task_id}) < folders:
                await changes.next()
        result: dict[str, Any] = completed.data.result.model_dump()
        return result

    async def marks_of(self, task_id: str) -> list[dict[str, Any]]:
        run = await self.stage.db["scan_runs"].find_one({"_id": task_id})
        assert run is not None
        marks: list[dict[str, Any]] = run["marks"]
        return marks

    async def reasons(self) -> dict[tuple[str, int], str]:
        lines = self.stage.db["message_ledger"].find({"account_id": self.account_id})
        return {(line["folder"], line["uid"]): line["reason"] async for line in lines}

    async def forget_the_ledger(self) -> None:
        """As time does."""
        await self.stage.db["message_ledger"].delete_many({"account_id": self.account_id})


def days_ago(days: int) -> dict[str, Any]:
    """A message's arrival."""
    return {"at": (utc_now() - dt.timedelta(days=days)).timestamp()}


def sent(days: int) -> str:
    """Its Date header."""
    return (utc_now() - dt.timedelta(days=days)).strftime("%a, %d %b %Y %H:%M:%S +0000")


async def test_an_unchanged_mailbox_costs_next_to_nothing_and_new_messages_alone_are_read(scans: Scans) -> None:
    invoice = a_message(1, invoice="L-1") + b"\n" * 1000
    for number in range(2, 202):
        scans.mine.append(a_message(number, invoice=f"L-{number}"))
    first = await scans.result()
    assert (first["scanned"], first["invoices"]) == (200, 200)
    second = await scans.result()
    assert (second["messages"], second["scanned"], second["skipped"], second["invoices"]) == (200, 0, 200, 0)
    assert second["bytes_fetched"] < first["bytes_fetched"] / 100
    scans.mine.append(invoice)
    assert await scans.scan() == (1, 200, 1)


async def test_what_the_ledger_has_forgotten_is_still_not_read_again(scans: Scans) -> None:
    for number in range(1, 4):
        scans.mine.append(a_message(number, invoice=f"L-{number}"))
    await scans.scan()
    await scans.forget_the_ledger()
    scans.mine.append(a_message(4))
    assert await scans.scan() == (1, 3, 0)
    assert await scans.scan(full=True) == (4, 0, 0)


async def test_lines_of_a_mail_server_expire_and_those_that_a_later_scan_needs_do_not(scans: Scans) -> None:
    scans.mine.append(a_message(1, sent=sent(1)), **days_ago(1))
    scans.mine.append(a_message(2, sent=sent(90)), **days_ago(1))
    await scans.scan(months=1)
    lines = scans.stage.db["message_ledger"].find({"account_id": scans.account_id})
    expire = {line["uid"]: line["expires_at"] for line in await lines.to_list(None)}
    assert expire[1] > utc_now() + dt.timedelta(days=300)
    assert expire[2] is None
    indexes = await scans.stage.db["message_ledger"].index_information()
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


async def test_a_scan_that_goes_back_further_reads_what_a_shorter_one_has_left(scans: Scans) -> None:
    ages = {1: 200, 2: 100, 3: 10, 4: 1}
    for number, days in ages.items():
        scans.mine.append(a_message(number, invoice=f"L-{number}", sent=sent(days)), **days_ago(days))
    assert await scans.scan(months=1) == (2, 0, 2)
    await scans.forget_the_ledger()
    assert await scans.scan(months=1) == (0, 2, 0)
    assert await scans.scan(months=5) == (1, 2, 1)
    assert await scans.scan() == (1, 3, 1)
    assert await scans.scan(months=1) == (0, 2, 0)
    scans.mine.append(a_message(5, invoice="L-5", sent=sent(0)))
    assert await scans.scan(months=1) == (1, 2, 1)
    assert await scans.scan() == (0, 5, 0)


async def test_old_messages_that_arrived_lately_wait_for_a_scan_that_wants_them(scans: Scans) -> None:
    """As after a move to another server, which gives every message a new date of arrival."""
    for number, days in ((1, 100), (2, 40), (3, 1)):
        scans.mine.append(a_message(number, invoice=f"L-{number}", sent=sent(days)), **days_ago(1))
    assert await scans.scan(months=1) == (1, 2, 1)
    assert (await scans.reasons())["INBOX", 1] == "older_than_requested"
    assert await scans.scan(months=2) == (1, 2, 1)
    assert await scans.scan(months=12) == (1, 2, 1)
    assert await scans.scan() == (0, 3, 0)


async def test_a_message_that_was_moved_is_not_read_again(scans: Scans) -> None:
    scans.mine.create("Büro")
    for number in range(1, 4):
        scans.mine.append(a_message(number, invoice=f"L-{number}"))
    await scans.scan()
    scans.mine.move(2, "INBOX", "Büro")
    assert await scans.scan() == (0, 3, 0)
    assert (await scans.reasons())["Büro", 1] == "read_elsewhere"
    assert await scans.scan(full=True) == (3, 0, 0)


async def test_a_folder_with_new_numbers_is_listed_anew_and_nothing_in_it_read_twice(scans: Scans) -> None:
    messages = [a_message(number, invoice=f"L-{number}") for number in range(1, 5)]
    scans.mine.create("Büro")
    for message in messages[:3]:
        scans.mine.append(message, "Büro")
    assert await scans.scan() == (3, 0, 3)
    scans.mine.delete("Büro")
    scans.mine.create("Büro")
    for message in messages:
        scans.mine.append(message, "Büro")
    assert await scans.scan() == (1, 3, 1)
    assert await scans.scan() == (0, 4, 0)


async def test_expunged_messages_and_holes_in_the_numbers_do_no_harm(scans: Scans) -> None:
    for number in range(1, 8):
        scans.mine.append(a_message(number, invoice=f"L-{number}"))
    await scans.scan()
    for uid in (2, 3, 7):
        scans.mine.expunge(uid)
    scans.mine.append(a_message(8, invoice="L-8"))
    assert await scans.scan() == (1, 4, 1)
    assert ("INBOX", 8) in await scans.reasons()


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_a_scan_that_did_not_end_well_moves_no_cursor(
    scans: Scans, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 8):
        scans.mine.append(a_message(number, invoice=f"L-{number}"))
    right, at_work = ImapSource.fetch, asyncio.Event()

    async def interrupted(
        source: ImapSource, piece: Slice, *, skip: frozenset[int]
    ) -> AsyncGenerator[FetchedMessage, None]:
        async with aclosing(right(source, piece, skip=skip)) as messages:
            yield await anext(messages)
            if end == "failed":
                raise PermanentFailure(ErrorCode.LOGIN_REFUSED)
            at_work.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(ImapSource, "fetch", interrupted)
    stage = scans.stage
    task_id = await stage.request(scans.account_id)
    if end == "cancelled":
        await at_work.wait()
        await stage.request_cancel(task_id)
    await stage.said.until_key(task_id, f"scan.{end}.v1")
    monkeypatch.undo()
    assert (await scans.scan())[0] >= 5
    assert await stage.db["mailbox_cursors"].count_documents({"version": 1}) == 1
    assert await stage.db["invoices"].count_documents({"account_id": scans.account_id}) == 7
