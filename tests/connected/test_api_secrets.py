"""Secrets that a scanner had to replace, as the api stores them."""

import logging

import aio_pika
import pytest

from shared.events import AccountSecretRotated, new_event, utc_now
from shared.messaging.topology import EVENTS_EXCHANGE, SECRET_ROTATED
from tests.support.mail_accounts import SOURCE
from tests.support.running_api import RunningApi
from tests.support.servers import Vhost
from tests.support.waiting import SECONDS, eventually


async def rotate(vhost: Vhost, account_id: str, version: int, sealed: str) -> None:
    """Published as the scanner does."""
    data = AccountSecretRotated(account_id=account_id, previous_version=version, sealed_secret=sealed)
    event = new_event(data, service="scanner", sequence=version, time=utc_now())
    async with await aio_pika.connect(vhost.url("scanner")) as connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(event.to_bytes()), routing_key=event.routing_key)


async def secret(api: RunningApi, account_id: str) -> tuple[str, int]:
    account = await api.database["email_accounts"].find_one({"_id": account_id}) or {}
    mailbox = account["source"].get("imap", {"secret": "", "secret_version": 0})
    return mailbox["secret"], mailbox["secret_version"]


async def test_a_new_secret_replaces_the_version_that_it_was_made_from_and_no_other(
    api: RunningApi, vhost: Vhost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mailtally.api.secrets")
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})
    account_id = created.json()["account_id"]
    async with api.database["email_accounts"].watch() as changes:
        await rotate(vhost, account_id, 1, "sealed anew")
        await changes.next()
        assert await secret(api, account_id) == ("sealed anew", 2)
        await rotate(vhost, account_id, 1, "too late")
        await rotate(vhost, account_id, 2, "sealed once more")
        await changes.next()
        assert await secret(api, account_id) == ("sealed once more", 3)
        given = (await anna.patch(created.headers["location"], json={"source": {"password": "by hand"}})).json()
        await changes.next()
        by_hand = await secret(api, account_id)
        await rotate(vhost, account_id, 3, "of the one before")
    await until_handled(caplog, 4)
    assert await secret(api, account_id) == by_hand
    assert (by_hand[1], given["source"]["username"]) == (4, SOURCE["username"])


async def test_a_deleted_account_gets_no_secret_back(
    api: RunningApi, vhost: Vhost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mailtally.api.secrets")
    anna = api.client("anna")
    account_id = (await anna.post("/v1/accounts", json={"label": "Mail", "source": SOURCE})).json()["account_id"]
    marked = {"$set": {"deleted_at": utc_now()}, "$unset": {"source.imap.secret": ""}}
    await api.database["email_accounts"].update_one({"_id": account_id}, marked)
    await rotate(vhost, account_id, 1, "sealed anew")
    await until_handled(caplog, 1)
    account = await api.database["email_accounts"].find_one({"_id": account_id}) or {}
    assert "secret" not in account["source"]["imap"]


@pytest.mark.usefixtures("api")
async def test_what_is_no_such_event_is_set_aside(vhost: Vhost) -> None:
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"no event"), routing_key=SECRET_ROTATED)
        dead = await channel.get_queue(f"{SECRET_ROTATED}.dead")
        async with dead.iterator(timeout=SECONDS) as messages:
            message = await anext(messages)
            assert message.body == b"no event"
            await message.ack()


async def until_handled(caplog: pytest.LogCaptureFixture, number: int) -> None:
    """So many events have been dealt with, whatever came of them."""

    async def are_handled() -> bool:
        told = [record for record in caplog.records if record.getMessage() == "rotated secret received"]
        return len(told) == number

    await eventually(are_handled)
