"""A deleted account, as the scanners see it: its scan ends, and nothing that was found in it alone is left."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.scanner.repository.invoices import Invoices
from services.scanner.repository.ledger import Entry, Headers, Ledger, Place
from tests.support.halting import halted_before
from tests.support.mortal import MortalScanner, mortal_scanner
from tests.support.readings import reading
from tests.support.scanning import USER, Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

BOTH, MINE, YOURS = (a_message(n, invoice=f"L-{n}") for n in (1, 2, 3))
COLLECTIONS = ("invoices", "message_ledger", "mailbox_cursors", "mailbox_checks", "documents.files", "documents.chunks")
COMPLETED, CANCELLED = "scan.completed.v1", "scan.cancelled.v1"
NEVER = 10_000
HOUR = dt.timedelta(hours=1)


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def scanned(stage: Stage, *messages: bytes) -> str:
    """An account whose mailbox has been scanned."""
    account_id = await stage.account(an_mbox(messages))
    await stage.said.until_key(await stage.request(account_id), COMPLETED)

    async def has_cursor() -> bool:  # written after the end
        return await stage.db["mailbox_cursors"].count_documents({"_id": {"$regex": f"^{account_id}/"}}) > 0

    await stage.until_stored(has_cursor)
    return account_id


async def look_is_due(stage: Stage, account_id: str) -> None:
    """As if two leases had passed since the scanners heard of the deletion."""

    async def is_noted() -> bool:
        return await stage.db["account_deletions"].count_documents({"_id": account_id}) == 1

    await stage.until_stored(is_noted)
    past = {"$subtract": ["$$NOW", int(HOUR / dt.timedelta(milliseconds=1))]}
    await stage.db["documents.files"].update_many({}, [{"$set": {"uploadDate": past}}])
    await stage.db["account_deletions"].update_many({}, [{"$set": {"look_at": past}}])


async def left(stage: Stage) -> dict[str, int]:
    return {name: await stage.db[name].count_documents({}) for name in COLLECTIONS}


async def invoices(stage: Stage) -> dict[str, dict[str, Any]]:
    return {one["invoice_number"]: one async for one in stage.db["invoices"].find()}


async def test_everything_found_in_the_account_goes_and_other_accounts_keep_what_they_carry(stage: Stage) -> None:
    async with stage.scanner():
        gone = await scanned(stage, BOTH, MINE)
        other = await scanned(stage, YOURS, BOTH)
        before = (await invoices(stage))["L-1"]
        assert (before["account_id"], len(before["carriers"])) == (gone, 2)
        await stage.db["invoices"].update_one({"_id": before["_id"]}, {"$set": {"corrections": {"vendor": "mine"}}})
        await stage.announce_deletion(gone)
        await look_is_due(stage, gone)

        async def is_done() -> bool:
            return await stage.db["documents.files"].count_documents({}) == 2

        await stage.until_stored(is_done)
    found = await invoices(stage)
    assert sorted(found) == ["L-1", "L-3"]
    kept = found["L-1"]
    assert [carrier["_places"] for carrier in kept["carriers"]] == [[f"{other}/{other_place(kept)}"]]
    assert (kept["account_id"], kept["corrections"]) == (other, {"vendor": "mine"})
    assert (kept["total"], kept["vendor"]) == (before["total"], before["vendor"])
    assert kept["message"]["message_id"] == "<1@lampen.example>"
    line = await stage.db["message_ledger"].find_one({"account_id": other, "uid": 2}) or {}
    assert (kept["task_id"], kept["_created_by"]) == (line["task_id"], line["_id"])
    for name in ("message_ledger", "mailbox_cursors"):
        assert await stage.db[name].count_documents({"_id": {"$regex": f"^{gone}/"}}) == 0
        assert await stage.db[name].count_documents({"_id": {"$regex": f"^{other}/"}}) > 0
    assert gone not in str(await stage.db["invoices"].find().to_list(None))


def other_place(invoice: dict[str, Any]) -> str:
    return str(invoice["carriers"][0]["_places"][0]).partition("/")[2]


async def test_values_read_from_a_document_that_is_gone_are_given_anew_by_the_next_reading(stage: Stage) -> None:
    store = Invoices(stage.db["invoices"]).store
    (first,) = await store([reading("ubl", 1, user_id=USER)])
    theirs = reading("html", 2, user_id=USER)
    theirs = replace(theirs, place=Place(USER, "b", "t2", "", 7, 2))
    await store([theirs])
    async with stage.scanner():
        await stage.announce_deletion("a")

        async def is_done() -> bool:
            return len((await invoices(stage))["R-1"]["carriers"]) == 1

        await stage.until_stored(is_done)
    kept = (await invoices(stage))["R-1"]
    assert (kept["vendor"], kept["evidence"], kept["account_id"]) == ("Vendor by ubl", {}, "b")
    (again,) = await store([theirs])
    assert (again.id, again.document["vendor"]) == (first.id, "Vendor by html")


async def test_a_running_scan_ends_cancelled_and_leaves_nothing(stage: Stage) -> None:
    sixty = an_mbox([a_message(n, invoice=f"L-{n}" if n % 3 == 0 else None) for n in range(1, 61)])
    async with stage.scanner(slice_messages=20):
        with halted_before(21) as halt:
            account_id = await stage.account(sixty)
            task_id = await stage.request(account_id)
            await stage.said.until_scanned(task_id, 20)
            assert (await left(stage))["invoices"] > 0
            # Whoever opens the mailbox between the account's end and the message about it lets the scan fail.
            await halt.at.until(lambda: len(halt.at.items) == 2)
            await stage.announce_deletion(account_id)
            cancelled = await stage.said.until_key(task_id, CANCELLED)
        await look_is_due(stage, account_id)

        async def is_empty() -> bool:
            return set((await left(stage)).values()) == {0}

        await stage.until_stored(is_empty)
    assert cancelled.data.reason == "the account was deleted"
    assert COMPLETED not in stage.said.keys(task_id)


async def test_a_scan_asked_for_too_late_ends_as_of_a_deleted_account(stage: Stage) -> None:
    account_id = await stage.account(an_mbox([BOTH]))
    async with stage.scanner():
        await stage.announce_deletion(account_id)
        await look_is_due(stage, account_id)

        async def is_dealt_with() -> bool:
            return await stage.db["account_deletions"].count_documents({"looks": 1}) == 1

        await stage.until_stored(is_dealt_with)
        failed = await stage.said.until_key(await stage.request(account_id), "scan.failed.v1")
    assert failed.data.error_code == "account_deleted"


async def test_an_account_that_is_marked_only_is_not_read_any_more(stage: Stage) -> None:
    account_id = await stage.account(an_mbox([BOTH]))
    await stage.db["email_accounts"].update_one({"_id": account_id}, [{"$set": {"deleted_at": "$$NOW"}}])
    async with stage.scanner():
        failed = await stage.said.until_key(await stage.request(account_id), "scan.failed.v1")
    assert failed.data.error_code == "account_deleted"


async def test_what_a_frozen_scanner_stores_after_the_deletion_goes_at_the_second_look(stage: Stage) -> None:
    async with stage.scanner():
        account_id = await scanned(stage, BOTH)
        await stage.announce_deletion(account_id)

        async def is_erased() -> bool:
            return await stage.db["message_ledger"].count_documents({}) == 0

        await stage.until_stored(is_erased)
        place = Place(USER, account_id, "task-1", "", 7, 1)
        ledger = Ledger(stage.db["message_ledger"], kept_days=1)
        await ledger.write([Entry(place, 1, "invoice", "found_ubl", Headers())], for_ever=True)
        await Invoices(stage.db["invoices"]).store([replace(reading("ubl", 1, user_id=USER), place=place)])
        await look_is_due(stage, account_id)

        async def is_empty() -> bool:
            return set((await left(stage)).values()) == {0}

        await stage.until_stored(is_empty)
    remembered = await stage.db["account_deletions"].find_one({"_id": account_id}) or {}
    assert remembered["looks"] == 1


async def test_originals_stay_while_another_scan_of_the_user_may_refer_to_them_in_a_moment(stage: Stage) -> None:
    async with stage.scanner():
        account_id = await scanned(stage, BOTH)
        running = {"_id": "r", "user_id": USER, "state": "running", "slot": 9, "plan": {}, "account_id": "x"}
        await stage.db["scan_runs"].insert_one(running)
        await stage.announce_deletion(account_id)
        await look_is_due(stage, account_id)

        async def is_put_off() -> bool:
            found = await stage.db["account_deletions"].find_one({"_id": account_id}) or {}
            return bool(found) and found["looks"] == 0 and bool(found["look_at"] > found["deleted_at"])

        await stage.until_stored(is_put_off)
        assert await stage.db["documents.files"].count_documents({}) == 1
        await stage.db["scan_runs"].delete_one({"_id": "r"})
        await look_is_due(stage, account_id)

        async def is_empty() -> bool:
            return set((await left(stage)).values()) == {0}

        await stage.until_stored(is_empty)


async def test_a_scanner_killed_before_any_effect_of_a_deletion_leaves_no_more_than_an_undisturbed_one(
    stage: Stage, tmp_path: Path
) -> None:
    settings = {"scanner_concurrency": 1, "scanner_units": 1}
    async with stage.scanner():
        accounts = [await scanned(stage, BOTH, MINE) for _ in range(10)]
    deaths = 0
    for effect in range(1, 10):
        account_id = accounts.pop()
        async with mortal_scanner(stage, tmp_path / "log", **settings) as scanner:
            scanner.die_before(effect)
            await stage.announce_deletion(account_id)
            deaths += await died_before_it_was_gone(stage, scanner, account_id)
        async with mortal_scanner(stage, tmp_path / "log", **settings) as scanner:
            scanner.die_before(NEVER)
            await until_gone(stage, account_id)
            await scanner.stop()
    assert deaths >= 4, "the scanner's effects are no longer seen"
    async with stage.scanner():
        account_id = accounts.pop()
        await stage.announce_deletion(account_id)
        await look_is_due(stage, account_id)

        async def is_empty() -> bool:
            return set((await left(stage)).values()) == {0}

        await stage.until_stored(is_empty)


async def died_before_it_was_gone(stage: Stage, scanner: MortalScanner, account_id: str) -> bool:
    erased, dead = asyncio.create_task(until_gone(stage, account_id)), asyncio.create_task(scanner.death())
    await asyncio.wait([erased, dead], return_when=asyncio.FIRST_COMPLETED)
    is_dead = dead.done()
    for task in (erased, dead):
        task.cancel()
    await asyncio.gather(erased, dead, return_exceptions=True)
    return is_dead


async def until_gone(stage: Stage, account_id: str) -> None:
    """Wait until nothing names the account but the memory of its deletion."""
    of_account = {"_id": {"$regex": f"^{account_id}/"}}
    named = {"$or": [{"account_id": account_id}, {"carriers._places": of_account["_id"]}]}

    async def is_gone() -> bool:
        counts = [await stage.db[name].count_documents(of_account) for name in ("message_ledger", "mailbox_cursors")]
        return not any(counts) and not await stage.db["invoices"].count_documents(named)

    await stage.until_stored(is_gone)
