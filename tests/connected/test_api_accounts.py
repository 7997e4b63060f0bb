"""Accounts and their mailboxes, through HTTP, on a real database and broker."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator

import httpx

from tests.support.running_api import MBOX, RunningApi, a_task, add_mailbox
from tests.support.waiting import patience


def a_zip(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_eml", ".eml"), content)
    return buffer.getvalue()


async def stored(api: RunningApi) -> tuple[int, int]:
    files = await api.database["uploads.files"].count_documents({})
    return files, await api.database["uploads.chunks"].count_documents({})


async def test_an_account_is_made_shown_renamed_and_removed(api: RunningApi) -> None:
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": " Office ", "source": {"kind": "upload"}})
    account = created.json()
    path = created.headers["location"]
    assert created.status_code == 201
    assert path == f"/v1/accounts/{account['account_id']}"
    assert account["label"] == "Office"
    assert account["source"] == {"kind": "upload", "upload": None}
    assert (account["invoices"], account["last_scan"], account["health"]) == (0, None, "new")

    renamed = await anna.patch(path, json={"label": "Home"})
    assert renamed.json()["label"] == "Home"
    assert (await anna.get(path)).json() == renamed.json()
    assert (await anna.get("/v1/accounts")).json() == {"items": [renamed.json()]}

    assert (await anna.delete(path)).status_code == 204
    assert (await anna.get(path)).status_code == 404


async def test_removing_an_account_removes_its_upload(api: RunningApi) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    assert await stored(api) == (1, 1)
    assert (await anna.delete(f"/v1/accounts/{account_id}")).status_code == 204
    assert await stored(api) == (0, 0)


async def test_a_mailbox_is_stored_byte_for_byte_and_its_messages_are_counted(api: RunningApi) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}"
    for content, kind, messages in (
        (MBOX * 3, "mbox", 3),
        (MBOX.replace(b"\n", b"\r\n"), "mbox", 1),
        (b"Subject: one\r\nFrom: a@example.com\r\n\r\nHello", "eml", 1),
        (a_zip(a_eml=b"Subject: a\n\na", sub__b_eml=b"Subject: b\n\nb", note=b"no mail"), "zip", 2),
        (a_zip(Maildir__cur__x=b"Subject: a\n\na", Maildir__new__y=b"Subject: b\n\nb"), "zip", 2),
        (MBOX + bytes(range(256)) * 4000, "mbox", 1),
    ):
        answer = await anna.put(f"{path}/mailbox", params={"filename": "my mail"}, content=content)
        assert answer.status_code == 201
        digest = hashlib.sha256(content).hexdigest()
        assert answer.json() == {"messages": messages, "bytes": len(content), "sha256": digest, "format": kind}
        shown = (await anna.get(path)).json()["source"]["upload"]
        assert (shown["filename"], shown["format"], shown["messages"]) == ("my mail", kind, messages)
        assert shown["sha256"] == digest
        account = await api.database["email_accounts"].find_one() or {}
        (file,) = await api.database["uploads.files"].find().to_list(None)
        chunks = await api.database["uploads.chunks"].find().sort("n", 1).to_list(None)
        assert file["_id"] == account["source"]["upload"]["file_id"]
        assert file["length"] == len(content)
        assert [(chunk["files_id"], chunk["n"]) for chunk in chunks] == [(file["_id"], n) for n in range(len(chunks))]
        assert b"".join(chunk["data"] for chunk in chunks) == content


async def test_what_is_no_mailbox_is_refused_and_leaves_nothing_behind(api: RunningApi) -> None:
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Office", "source": {"kind": "upload"}})
    for content, status, code in (
        (b"", 422, "empty_mailbox"),
        (b"%PDF-1.7 no mail at all", 422, "not_a_mailbox"),
        (b"Dear reader: this is a letter\nand no mail\n", 422, "not_a_mailbox"),
        (a_zip(), 422, "empty_mailbox"),
        (a_zip(note=b"no mail"), 422, "not_a_mailbox"),
        (b"PK\x03\x04 cut off", 422, "not_a_mailbox"),
        (a_zip(bomb_eml=bytes(4_000_000)), 413, "upload_too_large"),
        (MBOX + bytes(1024 * 1024), 413, "upload_too_large"),
    ):
        answer = await anna.put(f"{created.headers['location']}/mailbox", content=content)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert await stored(api) == (0, 0)


async def test_the_limit_holds_for_a_body_without_a_declared_length(api: RunningApi) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield MBOX
        for _ in range(20):
            yield bytes(100_000)

    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    before = await api.database["uploads.files"].find_one()
    answer = await anna.put(f"/v1/accounts/{account_id}/mailbox", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert await api.database["uploads.files"].find().to_list(None) == [before]
    assert await stored(api) == (1, 1)


async def test_a_client_that_goes_away_leaves_nothing_behind(api: RunningApi) -> None:
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Office", "source": {"kind": "upload"}})
    path = f"{created.headers['location']}/mailbox"
    changes = api.database["uploads.files"].watch()
    async with changes, patience():
        url = httpx.URL(api.url)
        _, writer = await asyncio.open_connection(url.host, url.port)
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {anna.headers['authorization']}\r\n"
        writer.write(f"{head}Content-Length: 500000\r\n\r\n".encode() + MBOX + bytes(100_000))
        await writer.drain()
        begun = await changes.next()
        writer.close()
        gone = await changes.next()
    assert (begun["operationType"], gone["operationType"]) == ("insert", "delete")
    assert await stored(api) == (0, 0)


async def test_a_new_mailbox_replaces_the_former_one(api: RunningApi) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    before = await api.database["email_accounts"].find_one()
    await anna.put(f"/v1/accounts/{account_id}/mailbox", content=MBOX * 2)
    after = await api.database["email_accounts"].find_one()
    assert before is not None
    assert after is not None
    assert await stored(api) == (1, 1)
    assert after["source"]["upload"]["uidvalidity"] > before["source"]["upload"]["uidvalidity"]


async def test_the_mailbox_cannot_be_replaced_under_a_running_scan(api: RunningApi) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}"
    task = (await anna.post(f"{path}/scans")).json()
    answer = await anna.put(f"{path}/mailbox", content=MBOX)
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_running")
    await api.database["scanning_tasks"].insert_one(a_task(task, status="DONE", progress=100))
    assert (await anna.put(f"{path}/mailbox", content=MBOX)).status_code == 201


async def test_an_account_shows_its_last_scan_and_its_invoices(api: RunningApi) -> None:
    anna = api.client("anna")
    path = f"/v1/accounts/{await add_mailbox(anna)}"
    task = (await anna.post(f"{path}/scans")).json()
    assert (await anna.get(path)).json()["health"] == "scanning"
    await api.database["invoices"].insert_one({"_id": "i1", "user_id": "anna", "account_id": task["account_id"]})
    for status, health in (
        ("PENDING", "scanning"),
        ("PROGRESS", "scanning"),
        ("DONE", "healthy"),
        ("FAILURE", "problem"),
        ("CANCELLED", "healthy"),
    ):
        document = a_task(task, status=status, progress=7, version=3)
        await api.database["scanning_tasks"].replace_one({"_id": task["task_id"]}, document, upsert=True)
        account = (await anna.get(path)).json()
        assert (account["invoices"], account["health"]) == (1, health)
        assert (account["last_scan"]["task_id"], account["last_scan"]["status"]) == (task["task_id"], status)
        assert (await anna.get("/v1/accounts")).json()["items"] == [account]
