"""Whole scans, from the request to the terminal event, on the real broker and the real database."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from services.api.accounts.upload.format_detection import MboxCounter
from shared.events import event_id
from shared.mongo import GridFSBucket
from tests.support.scanning import Stage, a_message, a_stage, a_zip, an_mbox
from tests.support.servers import TestDatabase, Vhost

SEVENTEEN = [a_message(n, invoice=f"L-{n}" if n % 4 == 0 else None) for n in range(1, 18)]
"""Invoices in messages 4, 8, 12 and 16."""


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def scanned(stage: Stage, account_id: str, **asked: Any) -> dict[str, Any]:
    """The result of a scan that completes."""
    task_id = await stage.request(account_id, **asked)
    completed = await stage.said.until_key(task_id, "scan.completed.v1")
    result: dict[str, Any] = completed.data.result.model_dump()
    return result


async def ledger(stage: Stage, account_id: str) -> dict[int, tuple[str, str]]:
    """Outcome and reason by uid."""
    lines = stage.db["message_ledger"].find({"account_id": account_id})
    return {line["uid"]: (line["outcome"], line["reason"]) async for line in lines}


async def test_a_scan_tells_its_life_in_order_under_ids_that_anyone_can_compute(stage: Stage) -> None:
    async with stage.scanner():
        task_id = await stage.request(await stage.account(an_mbox(SEVENTEEN)))
        completed = await stage.said.until_key(task_id, "scan.completed.v1")
    lifecycle = [event for event in stage.said.of(task_id) if event.routing_key.startswith("scan.")]
    (started,) = (event for event in lifecycle if event.routing_key == "scan.started.v1")
    slices = [event for event in lifecycle if event.routing_key == "scan.progressed.v1" and event.data.messages_total]
    assert lifecycle.index(started) < lifecycle.index(slices[0])
    assert lifecycle[-1] == completed
    assert len(slices) >= 3
    assert len({event.sequence for event in lifecycle}) == len(lifecycle)
    for event in lifecycle:
        assert event.id == event_id(task_id, event.routing_key, int(event.sequence))
    found = [event for event in stage.said.of(task_id) if event.routing_key == "invoice.found.v1"]
    assert {event.id for event in found} == {event_id(task_id, "invoice.found.v1", event.data.id) for event in found}
    assert sorted(event.data.invoice_number for event in found) == ["L-12", "L-16", "L-4", "L-8"]
    assert started.data.messages_total == 17
    assert started.data.estimated_duration >= 0
    assert max(event.data.progress for event in slices) <= 99


async def test_what_the_api_has_noted_of_an_upload_takes_the_place_of_reading_it_for_the_plan(stage: Stage) -> None:
    """One message in three has its place noted, and a slice has five messages, or those that are left. The mailbox
    begins with empty lines, which both ways pass over."""
    content = b"\r\n\n" + an_mbox(SEVENTEEN)
    counter = MboxCounter(every=3)
    counter.feed(content)
    plain, noted = await stage.account(content), await stage.account(content)
    of_noted = {"metadata.account_id": noted}
    await stage.db["uploads.files"].update_one(of_noted, {"$set": {"metadata.anchors": counter.anchors}})
    async with stage.scanner():
        for account_id in (plain, noted):
            assert (await scanned(stage, account_id))["scanned"] == 17
        whole = await message_ids(stage, noted)
        assert whole == await message_ids(stage, plain)
        assert len(set(whole.values())) == 17
        # Read for the slices alone: what stands before the first message of a slice, back to a place that was noted.
        stored = await stage.db["scan_runs"].find_one({"account_id": noted})
        assert stored is not None
        assert [piece.get("start") for piece in stored["slices"].values()] == [None, 4, 10, None]
        await stage.db["message_ledger"].delete_many({"account_id": noted, "uid": {"$in": [3, 5, 12]}})
        assert (await scanned(stage, noted))["scanned"] == 3
        assert await message_ids(stage, noted) == whole


async def message_ids(stage: Stage, account_id: str) -> dict[int, str]:
    """By uid."""
    lines = stage.db["message_ledger"].find({"account_id": account_id})
    return {line["uid"]: line["message_id"] async for line in lines}


async def test_a_scan_leaves_a_line_for_each_message_and_a_record_for_each_invoice(stage: Stage) -> None:
    async with stage.scanner():
        account_id = await stage.account(an_mbox(SEVENTEEN))
        result = await scanned(stage, account_id)
    assert result.pop("duration_seconds") > 0
    assert result == {
        "messages": 17,
        "scanned": 17,
        "skipped": 0,
        "failed": 0,
        "invoices": 4,
        "duplicates": 0,
        "bytes_fetched": len(an_mbox(SEVENTEEN)),
        "totals": {"EUR": "476.00"},
        "partial": False,
    }
    lines = await ledger(stage, account_id)
    assert {uid for uid, line in lines.items() if line == ("invoice", "found_ubl")} == {4, 8, 12, 16}
    assert {uid for uid, line in lines.items() if line == ("none", "no_document")} == set(range(1, 18)) - {4, 8, 12, 16}
    async for invoice in stage.db["invoices"].find():
        assert invoice["total"].to_decimal() == Decimal("119.00")
        assert invoice["issue_date"] == "2026-03-01"
        (carrier,) = invoice["carriers"]
        assert invoice["message"]["message_id"] == f"<{carrier['uid']}@lampen.example>"
        stored = await GridFSBucket(stage.db, bucket_name="documents").open_download_stream(
            f"{invoice['user_id']}/{carrier['sha256']}"
        )
        assert invoice["invoice_number"].encode() in await stored.read()
    cursor = await stage.db["mailbox_cursors"].find_one({"_id": f"{account_id}/"})
    assert cursor is not None
    assert cursor["uid"] == 17


async def test_a_second_scan_reads_only_what_is_new_and_a_full_one_finds_nothing_twice(stage: Stage) -> None:
    async with stage.scanner():
        account_id = await stage.account(an_mbox(SEVENTEEN))
        await scanned(stage, account_id)
        second = await scanned(stage, account_id)
        assert (second["messages"], second["scanned"], second["skipped"]) == (17, 0, 17)
        full = await scanned(stage, account_id, full=True)
    assert (full["scanned"], full["invoices"], full["duplicates"], full["totals"]) == (17, 0, 4, {})
    assert (await ledger(stage, account_id))[4] == ("duplicate", "read_before")
    assert await stage.db["invoices"].count_documents({}) == 4


async def test_the_same_invoice_in_two_messages_is_one_record_with_two_carriers(stage: Stage) -> None:
    async with stage.scanner():
        account_id = await stage.account(an_mbox([a_message(1, invoice="L-1"), a_message(2, invoice="L-1")]))
        result = await scanned(stage, account_id)
    assert (result["invoices"], result["duplicates"]) == (1, 1)
    assert await ledger(stage, account_id) == {1: ("invoice", "found_ubl"), 2: ("duplicate", "duplicate")}
    (invoice,) = await stage.db["invoices"].find().to_list(None)
    assert [carrier["uid"] for carrier in invoice["carriers"]] == [1, 2]


async def test_an_archive_is_scanned_folder_by_folder(stage: Stage) -> None:
    members = {
        "b.eml": a_message(2),
        "a.eml": a_message(1, invoice="L-1"),
        "Archive/cur/1": a_message(3, invoice="L-2"),
        "notes.txt": b"not a message",
    }
    async with stage.scanner():
        account_id = await stage.account(a_zip(members), "zip")
        result = await scanned(stage, account_id)
    assert (result["messages"], result["invoices"]) == (3, 2)
    lines = stage.db["message_ledger"].find({"account_id": account_id})
    assert {(line["folder"], line["uid"], line["outcome"]) async for line in lines} == {
        ("", 1, "invoice"),
        ("", 2, "none"),
        ("Archive", 1, "invoice"),
    }


async def test_a_single_message_is_a_mailbox_too(stage: Stage) -> None:
    async with stage.scanner():
        result = await scanned(stage, await stage.account(a_message(1, invoice="L-1"), "eml"))
    assert (result["messages"], result["invoices"]) == (1, 1)


async def test_messages_older_than_asked_for_are_skipped_and_a_later_scan_may_read_them(stage: Stage) -> None:
    old = a_message(1, invoice="L-1", sent="Thu, 05 Mar 2020 10:00:00 +0000")
    undated = a_message(2, sent="one of these days")
    async with stage.scanner():
        account_id = await stage.account(an_mbox([old, undated]))
        limited = await scanned(stage, account_id, months=12)
        assert (limited["scanned"], limited["skipped"], limited["invoices"]) == (1, 1, 0)
        assert await ledger(stage, account_id) == {
            1: ("skipped", "older_than_requested"),
            2: ("none", "no_document"),
        }
        everything = await scanned(stage, account_id)
    assert (everything["scanned"], everything["skipped"], everything["invoices"]) == (1, 1, 1)


async def test_a_message_that_is_too_large_costs_one_line_and_not_the_scan(stage: Stage) -> None:
    huge = a_message(2) + b"x" * 1024 * 1024 + b"\n"
    async with stage.scanner(max_message_mb=1):
        account_id = await stage.account(an_mbox([a_message(1), huge, a_message(3, invoice="L-3")]))
        result = await scanned(stage, account_id)
    assert (result["scanned"], result["failed"], result["invoices"]) == (3, 1, 1)
    assert (await ledger(stage, account_id))[2] == ("failed", "message_too_large")


@pytest.mark.parametrize("broken", ["mailbox_missing", "mailbox_unreadable", "account_deleted"])
async def test_a_scan_that_cannot_succeed_fails_at_once_with_a_code_and_a_sentence(stage: Stage, broken: str) -> None:
    content = {"mailbox_missing": None, "mailbox_unreadable": b"no mbox at all", "account_deleted": b"From x\n\n"}
    account_id = await stage.account(content[broken])
    if broken == "account_deleted":
        await stage.delete_account(account_id)
    async with stage.scanner():
        task_id = await stage.request(account_id)
        failed = await stage.said.until_key(task_id, "scan.failed.v1")
    assert failed.data.error_code == broken
    assert failed.data.error.endswith(".")
    run = await stage.db["scan_runs"].find_one({"_id": task_id})
    assert run is not None
    assert not {"slot", "account_key"} & set(run)


async def test_a_second_request_for_a_busy_account_names_the_scan_that_runs(stage: Stage) -> None:
    account_id = await stage.account(an_mbox(SEVENTEEN))
    first, second = await stage.request(account_id), await stage.request(account_id)
    async with stage.scanner():
        await stage.said.until(
            lambda: any(key == "scan.cancelled.v1" for t in (first, second) for key in stage.said.keys(t))
        )
        refused, running = (first, second) if "scan.cancelled.v1" in stage.said.keys(first) else (second, first)
        await stage.said.until_key(running, "scan.completed.v1")
    assert (await stage.said.until_key(refused, "scan.cancelled.v1")).data.reason == f"already running: {running}"
    assert stage.said.keys(refused) == ["scan.cancelled.v1"]


async def test_scans_beyond_the_users_limit_wait_say_so_and_come_next(stage: Stage) -> None:
    accounts = [await stage.account(an_mbox(SEVENTEEN[:8])) for _ in range(3)]
    tasks = [await stage.request(account_id) for account_id in accounts]
    async with stage.scanner(max_active_scans_per_user=1):
        for task_id in tasks:
            await stage.said.until_key(task_id, "scan.completed.v1")
    queued = [task_id for task_id in tasks if "scan.queued.v1" in stage.said.keys(task_id)]
    assert len(queued) == 2


async def test_an_end_that_everyone_sees_is_settled(stage: Stage) -> None:
    async with stage.scanner():
        account_id = await stage.account(a_message(1), "eml")
        task_id = await stage.request(account_id)
        await stage.said.until_key(task_id, "scan.completed.v1")
        await stage.db["scanning_tasks"].insert_one({"_id": task_id, "status": "DONE"})
        await stage.db["scan_runs"].update_one({"_id": task_id}, [{"$set": {"look_at": {"$subtract": ["$$NOW", 1]}}}])
        async with stage.db["scan_runs"].watch(full_document="updateLookup") as changes:
            run = await stage.db["scan_runs"].find_one({"_id": task_id})
            while run is not None and not run["settled"]:
                run = (await changes.next())["fullDocument"]
    assert stage.said.keys(task_id).count("scan.completed.v1") == 1
