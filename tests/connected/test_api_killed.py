"""An api that dies just before any effect of accepting a scan: what is told is stored, and is told once."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest

from shared.events import decode
from shared.messaging.topology import EVENTS_EXCHANGE
from shared.mongo import Database
from tests.support.mortal_api import a_mortal_api
from tests.support.running_api import UNHURRIED, RunningApi, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import Arrivals

_MOST_EFFECTS = 12


class Recorder:
    """Every request that is told, by account, looked up in the database when it arrives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.lies: list[str] = []
        self._heard: Arrivals[tuple[str, bytes]] = Arrivals()

    async def hear(self, message: aio_pika.abc.AbstractIncomingMessage) -> None:
        event = decode(message.body)
        if await self._database["scan_requests"].find_one({"_id": event.subject}) is None:
            self.lies.append(event.id)
        await self._heard.add((event.data.account_id, message.body))

    async def until_told(self, account_id: str) -> bytes:
        """The one form in which the account's request was told."""
        await self._heard.until(lambda: bool(self._told(account_id)))
        (body,) = self._told(account_id)
        return body

    def _told(self, account_id: str) -> set[bytes]:
        return {body for account, body in self._heard.items if account == account_id}


async def accepted(client: httpx.AsyncClient, account_id: str) -> dict[str, Any]:
    """The task, asked for again with the same key, as a client does that got no answer."""
    answer = await client.post(f"/v1/accounts/{account_id}/scans", headers={"Idempotency-Key": account_id})
    assert answer.status_code in (200, 202), answer.text
    task: dict[str, Any] = answer.json()
    return task


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    """One that waits for no confirm of another: that one is dead, which only time would tell."""
    async with running_api(vhost, database, deadlines=dataclasses.replace(UNHURRIED, abandoned_s=0.0)) as running:
        yield running


async def test_a_request_is_told_if_and_only_if_it_is_stored(
    api: RunningApi, vhost: Vhost, database: TestDatabase, tmp_path: Path
) -> None:
    anna, recorder = api.client("anna"), Recorder(api.database)
    outcomes: list[int] = []
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "scan.requested.v1")
        await queue.consume(recorder.hear, no_ack=True)
        while (not outcomes or outcomes[-1] != httpx.codes.ACCEPTED) and len(outcomes) < _MOST_EFFECTS:
            account_id = await add_mailbox(anna)
            async with a_mortal_api(vhost, database, tmp_path, user_id="anna") as mortal:
                path, key = f"/v1/accounts/{account_id}/scans", {"Idempotency-Key": account_id}
                outcomes.append(await mortal.status_before(len(outcomes) + 1, "POST", path, **key))
            task = await accepted(anna, account_id)
            assert decode(await recorder.until_told(account_id)).subject == task["task_id"]
    assert outcomes[:3] == [0, 0, 0], "stored, published, confirmed: the effects of the api are no longer seen"
    assert outcomes[-1] == httpx.codes.ACCEPTED
    assert recorder.lies == []
