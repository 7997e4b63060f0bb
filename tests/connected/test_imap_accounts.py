"""Accounts of every kind against a real mail server: folders, logins, limits, logs and metrics."""

import logging
from collections.abc import AsyncIterator
from email import message_from_bytes
from typing import Any

import pytest
from prometheus_client import generate_latest

from services.scanner.repository.connection_leases import ConnectionLeases
from services.scanner.sources.imap.login import Login, TokenLogin
from services.scanner.sources.imap.pool import open_account_session
from services.scanner.sources.imap.session import Network
from services.scanner.sources.mbox import MboxSplitter
from shared.mailboxes import ImapMailbox
from shared.mongo import Collection
from shared.net.address_policy import NetworkPolicy, tls_context
from tests.support.dovecot import HOST, PASSWORD, MailServer, access_token
from tests.support.mailboxes import Samples
from tests.support.mailing import a_user, hands, mail_settings
from tests.support.scanning import Stage, a_message, a_stage
from tests.support.servers import TestDatabase, Vhost

_SHARE_OF_DOCUMENTS = 1.25
_BYTES_A_MESSAGE = 3_000


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return Samples.made(tmp_path_factory.mktemp("samples"))


async def result_of(stage: Stage, account_id: str, **asked: Any) -> dict[str, Any]:
    task_id = await stage.request(account_id, **asked)
    completed = await stage.said.until_key(task_id, "scan.completed.v1")
    result: dict[str, Any] = completed.data.result.model_dump()
    return result


async def failed(stage: Stage, account_id: str) -> str:
    task_id = await stage.request(account_id)
    code: str = (await stage.said.until_key(task_id, "scan.failed.v1")).data.error_code
    return code


async def folders_of(stage: Stage, account_id: str) -> set[str]:
    folders: list[str] = await stage.db["message_ledger"].distinct("folder", {"account_id": account_id})
    return set(folders)


async def invoices_of(stage: Stage, user_id: str) -> list[tuple[Any, ...]]:
    """What was read of each invoice, and from where."""
    fields = ("vendor", "invoice_number", "issue_date", "due_date", "currency", "net", "tax", "total", "iban", "kind")
    found = stage.db["invoices"].find({"user_id": user_id})
    return sorted(
        [(*(str(one[name]) for name in (*fields, "format", "evidence")), carriers_of(one)) async for one in found]
    )


def carriers_of(invoice: dict[str, Any]) -> list[tuple[str, ...]]:
    return sorted(
        tuple(str(carrier[name]) for name in ("message_id", "uid", "part", "filename", "sha256"))
        for carrier in invoice["carriers"]
    )


def documents_octets(messages: list[bytes]) -> int:
    """The encoded size of the parts that can be documents."""
    return sum(
        len(part.get_payload())
        for message in messages
        for part in message_from_bytes(message).walk()
        if part.get_content_type().partition("/")[2].endswith(("pdf", "xml", "zip", "octet-stream"))
    )


@pytest.mark.parametrize("name", ["ada", "bruno"])
async def test_all_invoices_of_a_mailbox_are_found_with_few_bytes(
    stage: Stage, mail_server: MailServer, samples: Samples, name: str
) -> None:
    splitter = MboxSplitter(limit=1 << 30)
    messages = [one.raw or b"" for one in (*splitter.feed(samples.whole(name)), *splitter.finish())]
    user = a_user()
    mail_server.deliver(user, messages)
    async with stage.scanner(**mail_settings(mail_server, slice_messages=50)):
        uploaded = await result_of(stage, await stage.account(samples.whole(name), user_id="one"), user_id="one")
        account_id = await stage.mail_account(mail_server, user, user_id="two")
        result = await result_of(stage, account_id, user_id="two")
        second = await result_of(stage, account_id, user_id="two")
    assert (result["invoices"], result["duplicates"]) == (uploaded["invoices"], uploaded["duplicates"])
    assert await invoices_of(stage, "two") == await invoices_of(stage, "one")
    bound = _SHARE_OF_DOCUMENTS * documents_octets(messages) + _BYTES_A_MESSAGE * len(messages)
    assert result["bytes_fetched"] <= bound
    assert second["bytes_fetched"] < result["bytes_fetched"] / 100


async def test_the_scan_type_says_which_folders_are_read(stage: Stage, mail_server: MailServer) -> None:
    user = a_user()
    with hands(mail_server, user) as mine:
        for number, folder in enumerate(["INBOX", "Trash", "Junk", "Drafts", "Sent", "Büro/März & mehr"], start=1):
            if folder != "INBOX":
                mine.create(folder)
            mine.append(a_message(number), folder)
    async with stage.scanner(**mail_settings(mail_server)):
        inbox = await stage.mail_account(mail_server, user)
        everything = await stage.mail_account(mail_server, user)
        named = await stage.mail_account(mail_server, user, folders=("Büro/März & mehr", "inbox"))
        await result_of(stage, inbox, scan_type="inbox")
        await result_of(stage, everything, scan_type="all")
        await result_of(stage, named, scan_type="all")
    assert await folders_of(stage, inbox) == {"INBOX"}
    assert await folders_of(stage, everything) == {"INBOX", "Sent", "Büro/März & mehr"}
    assert await folders_of(stage, named) == {"INBOX", "Büro/März & mehr"}


async def test_what_cannot_work_fails_at_once_and_says_why(stage: Stage, mail_server: MailServer) -> None:
    user = a_user()
    trusting = mail_settings(mail_server)
    async with stage.scanner(**trusting):
        assert await failed(stage, await stage.mail_account(mail_server, user, secret="wrong")) == "login_refused"
        missing = await stage.mail_account(mail_server, user, folders=("INBOX", "Nowhere"))
        assert await failed(stage, missing) == "folder_missing"
        assert await failed(stage, await stage.mail_account(mail_server, user, port=25)) == "host_not_allowed"
        named = await stage.mail_account(mail_server, user, host="localhost")
        assert await failed(stage, named) == "tls_failed"
        unknown = await stage.mail_account(mail_server, user, host="mail.invalid")
        assert await failed(stage, unknown) == "host_unreachable"
    async with stage.scanner(**{**trusting, "allow_private_mail_hosts": False}):
        assert await failed(stage, await stage.mail_account(mail_server, user)) == "host_not_allowed"
    async with stage.scanner(**{**trusting, "mail_ca": None}):
        assert await failed(stage, await stage.mail_account(mail_server, user)) == "tls_failed"


async def test_starttls_and_a_plain_port(stage: Stage, mail_server: MailServer) -> None:
    user = a_user()
    mail_server.deliver(user, [a_message(1, invoice="L-1")])
    async with stage.scanner(**mail_settings(mail_server)):
        account_id = await stage.mail_account(mail_server, user, port=mail_server.port, security="starttls")
        assert (await result_of(stage, account_id))["invoices"] == 1


class Tokens:
    """The token, for whoever asks."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:  # noqa: ARG002 (interface)
        return TokenLogin(mailbox.username, self.token)

    def refused(self, account_id: str, login: Login) -> bool:  # noqa: ARG002 (interface)
        return False


async def test_an_access_token_opens_the_mailbox_that_it_is_for(mail_server: MailServer) -> None:
    user = a_user()
    policy = NetworkPolicy(frozenset({mail_server.tls_port}), allow_private=True)
    network = Network(policy, tls_context(mail_server.authority), 1_000_000)
    mailbox = ImapMailbox(
        host=HOST, port=mail_server.tls_port, security="tls", username=user, auth="xoauth2", secret="unused"
    )
    session = await open_account_session("account", mailbox, Tokens(access_token(mail_server, user)), network)
    assert [folder.name for folder in await session.run(session.mailbox.folders)] == ["INBOX"]
    await session.close()


@pytest.fixture
async def places(stage: Stage) -> Collection:
    return stage.db["mail_connections"]


async def test_connections_to_an_account_are_counted_for_all_scanners(places: Collection) -> None:
    here, there = ConnectionLeases(places, each=2), ConnectionLeases(places, each=2)
    first, second = await here.take("a"), await there.take("a")
    assert first is not None
    assert second is not None
    assert await here.take("a") is None
    other = await there.take("b")
    assert other is not None
    await first.release()
    third = await there.take("a")
    assert third is not None
    for lease in (second, third, other):
        await lease.release()
    assert await places.count_documents({}) == 0


async def test_a_place_whose_holder_died_is_free_after_a_while(places: Collection) -> None:
    leases = ConnectionLeases(places, each=1)
    dead = await leases.take("a")
    assert dead is not None
    await places.update_one({"_id": "a/0"}, [{"$set": {"until": {"$subtract": ["$$NOW", 1]}}}])
    taken = await leases.take("a")
    assert taken is not None
    await dead.release()
    assert await leases.take("a") is None
    await taken.release()


async def test_a_scan_waits_for_its_turn_at_a_busy_account_and_loses_nothing(
    stage: Stage, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scanner.sources.imap.pool._WAIT_S", 0.2)
    user = a_user()
    mail_server.deliver(user, [a_message(number, invoice=f"L-{number}") for number in range(1, 18)])
    account_id = await stage.mail_account(mail_server, user)
    holder = await ConnectionLeases(stage.db["mail_connections"], each=1).take(account_id)
    assert holder is not None
    async with stage.scanner(**mail_settings(mail_server, mail_connections=1)):
        task_id = await stage.request(account_id)
        handed_back = {"plan.token": {"$gte": 2}}
        await stage.until_stored(lambda: _is_there(stage.db["scan_runs"], {"_id": task_id, **handed_back}))
        await holder.release()
        completed = await stage.said.until_key(task_id, "scan.completed.v1")
    assert completed.data.result.invoices == 17
    run = await stage.db["scan_runs"].find_one({"_id": task_id})
    assert run is not None
    assert run["plan"].get("faults", 0) == 0


async def _is_there(collection: Collection, condition: dict[str, Any]) -> bool:
    return await collection.find_one(condition) is not None


async def test_logs_and_metrics_tell_sizes_and_no_names(
    stage: Stage, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user = a_user()
    mail_server.deliver(user, [a_message(1, invoice="L-1")])
    async with stage.scanner(**mail_settings(mail_server)):
        result = await result_of(stage, await stage.mail_account(mail_server, user))
        assert await failed(stage, await stage.mail_account(mail_server, user, secret="wr0ng")) == "login_refused"
        told = generate_latest(stage.registry).decode()
    (line,) = (line for line in told.splitlines() if line.startswith("mailtally_mailbox_fetched_bytes_total{"))
    assert 'source="imap"' in line
    assert float(line.split()[-1]) >= result["bytes_fetched"] > 0
    mine = [
        record.getMessage() + str(vars(record))
        for record in caplog.records
        if "mailtally" in record.name or "imap" in record.name
    ]
    for secret in (user, PASSWORD, "wr0ng", "lampen.example", HOST):
        assert secret not in told
        assert not any(secret in one for one in mine)
