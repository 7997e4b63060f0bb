"""Accounts on mail servers, through HTTP, on a real database and broker: what is stored, shown, changed and refused."""

import datetime as dt
from typing import Any

import pytest

from shared.mailboxes import ImapMailbox, MailSecret, binding
from shared.sealing import Opener
from tests.support.keys import PRIVATE_KEY
from tests.support.mail_accounts import PASSWORD, SOURCE
from tests.support.running_api import RunningApi, Somebody, a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost

OAUTH2 = {"provider": "google", "client_id": "c1", "client_secret": "hidden-1", "refresh_token": "hidden-2"}
BY_TOKEN = {"kind": "imap", "host": "imap.gmail.com", "username": "ada", "auth": "xoauth2", "oauth2": OAUTH2}
OPENER = Opener(PRIVATE_KEY)


async def stored(api: RunningApi | Somebody) -> tuple[ImapMailbox, MailSecret]:
    """The one account that there is, or that somebody has."""
    whose = {"user_id": api.user_id} if isinstance(api, Somebody) else {}
    account = await api.database["email_accounts"].find_one(whose) or {}
    mailbox = ImapMailbox.model_validate(account["source"]["imap"])
    secret = OPENER.open(mailbox.secret)
    assert secret.bound_to == binding(account["_id"], mailbox)
    return mailbox, secret


async def test_a_mailbox_on_a_server_is_stored_with_its_secret_sealed_and_shown_without(api: RunningApi) -> None:
    anna = api.client("anna")
    source = {**SOURCE, "host": " IMAP.Bücher.example. ", "folders": ["INBOX", "Rechnungen"]}
    created = await anna.post("/v1/accounts", json={"label": "Mail", "source": source})
    assert created.status_code == 201, created.text
    shown = created.json()["source"]
    assert shown == {
        "kind": "imap",
        "host": "imap.xn--bcher-kva.example",
        "port": 993,
        "security": "tls",
        "username": "ada@example.com",
        "auth": "password",
        "oauth2": None,
        "folders": ["INBOX", "Rechnungen"],
    }
    assert (await anna.get(created.headers["location"])).json()["source"] == shown
    mailbox, secret = await stored(api)
    assert (secret.password, secret.refresh_token, mailbox.secret_version) == (PASSWORD, None, 1)
    assert PASSWORD not in str(await api.database["email_accounts"].find().to_list(None))


async def test_an_oauth2_account_shows_where_its_tokens_come_from_and_none_of_its_secrets(api: RunningApi) -> None:
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Mail", "source": BY_TOKEN})
    shown = created.json()["source"]["oauth2"]
    assert (shown["provider"], shown["grant"], shown["client_id"]) == ("google", "refresh_token", "c1")
    assert "hidden" not in created.text
    _, secret = await stored(api)
    assert (secret.password, secret.refresh_token, secret.client_secret) == (None, "hidden-2", "hidden-1")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"host": "no host"}, "/source/host"),
        ({"host": "a..b"}, "/source/host"),
        ({"host": "999.1.1.1"}, "/source/host"),
        ({"host": "127.0.0.1"}, "/source/host"),
        ({"host": "[::ffff:10.0.0.1]"}, "/source/host"),
        ({"host": "localhost"}, "/source/host"),
        ({"port": 25}, "/source/port"),
        ({"port": "993"}, "/source/port"),
        ({"security": "none"}, "/source/security"),
        ({"username": "a\r\nb"}, "/source/username"),
        ({"username": None}, "/source/username"),
        ({"password": None}, "/source/password"),
        ({"password": "a\nb"}, "/source/password"),
        ({"pasword": "x"}, "/source/pasword"),
        ({"folders": ["A", "A"]}, "/source/folders"),
        ({"folders": ["A\0"]}, "/source/folders/0"),
        ({"oauth2": OAUTH2}, "/source/oauth2"),
        ({"kind": "pop3"}, "/source/kind"),
        ({"kind": None}, "/source/kind"),
        ({"auth": "xoauth2", "password": None}, "/source/oauth2"),
    ],
)
async def test_what_cannot_be_a_mail_server_is_refused_with_its_place(
    somebody: Somebody, change: dict[str, Any], pointer: str
) -> None:
    source = {name: value for name, value in {**SOURCE, **change}.items() if value is not None}
    answer = await somebody.client.post("/v1/accounts", json={"label": "Mail", "source": source})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert PASSWORD not in answer.text
    assert await somebody.database["email_accounts"].count_documents({"user_id": somebody.user_id}) == 0


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"provider": "other"}, "token_url"),
        ({"provider": "other", "token_url": "http://login.example.com/token"}, "token_url"),
        ({"provider": "other", "token_url": "https://a:b@login.example.com/token"}, "token_url"),
        ({"provider": "other", "token_url": "https://169.254.169.254/token"}, "token_url"),
        ({"token_url": "https://login.example.com/token"}, "token_url"),
        ({"tenant": "t"}, "tenant"),
        ({"provider": "microsoft", "tenant": "a/../b"}, "tenant"),
        ({"grant": "client_credentials"}, "grant"),
        ({"provider": "microsoft", "grant": "client_credentials", "refresh_token": None}, "tenant"),
        ({"refresh_token": None}, "refresh_token"),
        ({"client_id": None}, "client_id"),
    ],
)
async def test_an_oauth2_part_that_cannot_work_is_refused_with_its_place(
    somebody: Somebody, change: dict[str, Any], pointer: str
) -> None:
    oauth2 = {name: value for name, value in {**OAUTH2, **change}.items() if value is not None}
    answer = await somebody.client.post("/v1/accounts", json={"label": "a", "source": {**BY_TOKEN, "oauth2": oauth2}})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    assert f"/source/oauth2/{pointer}" in [fault["pointer"] for fault in answer.json()["errors"]]
    assert "hidden" not in answer.text


async def test_private_hosts_and_other_ports_are_for_operators_who_allow_them(
    vhost: Vhost, database: TestDatabase
) -> None:
    async with running_api(vhost, database, allow_private_mail_hosts=True, mail_ports="993,10143") as api:
        source = {**SOURCE, "host": "127.0.0.1", "port": 10143, "security": "starttls"}
        answer = await api.client("anna").post("/v1/accounts", json={"label": "Mail", "source": source})
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"host": "imap.example.org"},
        {"security": "starttls"},
        {"port": 143},
        {"username": "bob"},
        {"auth": "xoauth2"},
    ],
)
async def test_what_the_secret_is_sent_to_changes_only_together_with_the_secret(
    somebody: Somebody, change: dict[str, Any]
) -> None:
    anna = somebody.client
    path = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).headers["location"]
    refused = await anna.patch(path, json={"source": change})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] in ("/source/password", "/source/oauth2")
    if "auth" in change:
        return
    changed = await anna.patch(path, json={"source": {**change, "password": "another"}})
    assert changed.status_code == 200, changed.text
    assert change.items() <= changed.json()["source"].items()
    mailbox, secret = await stored(somebody)
    assert (secret.password, mailbox.secret_version) == ("another", 2)


async def test_where_tokens_are_fetched_changes_only_together_with_their_secrets(api: RunningApi) -> None:
    anna = api.client("anna")
    path = (await anna.post("/v1/accounts", json={"label": "Mail", "source": BY_TOKEN})).headers["location"]
    elsewhere = {"provider": "other", "client_id": "c1", "token_url": "https://evil.example.com/token"}
    refused = await anna.patch(path, json={"source": {"oauth2": elsewhere}})
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/source/oauth2/refresh_token"]


async def test_a_label_and_folders_change_without_the_secret(api: RunningApi) -> None:
    anna = api.client("anna")
    path = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).headers["location"]
    before, _ = await stored(api)
    changed = await anna.patch(path, json={"label": "Post", "source": {"folders": ["Archiv"]}})
    assert (changed.json()["label"], changed.json()["source"]["folders"]) == ("Post", ["Archiv"])
    after, _ = await stored(api)
    assert (after.secret, after.secret_version) == (before.secret, before.secret_version)


async def test_an_upload_has_no_server_to_change_and_a_server_takes_no_upload(api: RunningApi) -> None:
    anna = api.client("anna")
    upload = f"/v1/accounts/{await add_mailbox(anna)}"
    refused = await anna.patch(upload, json={"source": {"host": "imap.example.com"}})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/source")
    path = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).headers["location"]
    answer = await anna.put(f"{path}/mailbox", content=b"From a@example.com Thu Nov 12 09:00:00 2026\n\n")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_an_upload")


async def test_a_server_is_scanned_one_month_back_unless_told_otherwise_and_an_upload_whole(api: RunningApi) -> None:
    anna = api.client("anna")
    upload = await add_mailbox(anna)
    server = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).json()["account_id"]
    tasks = (await anna.post("/v1/scans", json={"account_ids": [upload, server]})).json()["tasks"]
    assert [task["months"] for task in tasks] == [None, 1]
    for months in (None, 12):
        other = await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})
        path = f"{other.headers['location']}/scans"
        assert (await anna.post(path, json={"months": months})).json()["months"] == months


async def test_the_server_of_a_running_scan_stays_but_its_password_may_change(api: RunningApi) -> None:
    anna = api.client("anna")
    path = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).headers["location"]
    (await anna.post(f"{path}/scans")).raise_for_status()
    moved = await anna.patch(path, json={"source": {"host": "imap.example.org", "password": "x"}})
    assert (moved.status_code, moved.json()["code"]) == (409, "scan_running")
    assert (await anna.patch(path, json={"source": {"password": "x"}})).status_code == 200


async def test_an_account_whose_login_was_refused_needs_one_until_it_gets_one(api: RunningApi) -> None:
    anna = api.client("anna")
    path = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).headers["location"]
    task = (await anna.post(f"{path}/scans")).json()
    failed = a_task(task, status="FAILURE", error_code="login_refused", error="The login was refused.")
    await api.database["scanning_tasks"].insert_one(failed)
    assert (await anna.get(path)).json()["health"] == "needs_login"
    assert (await anna.get("/v1/accounts")).json()["items"][0]["health"] == "needs_login"
    assert (await anna.patch(path, json={"source": {"password": "right"}})).json()["health"] == "new"
    await api.database["scanning_tasks"].update_one({}, {"$set": {"error_code": "mailbox_unavailable"}})
    assert (await anna.get(path)).json()["health"] == "problem"
    assert dt.datetime.fromisoformat(task["created_at"])
