"""An api that dies just before any effect of accepting a scan: what is told is stored, and is told once."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import aio_pika
import httpx
from pydantic import SecretStr

from cli.stack.ports import free_ports
from services.api.auth import Tokens
from shared.events import decode
from shared.mongo import Database
from shared.topology import EVENTS_EXCHANGE
from tests.connected.test_api_account_deletion import until_ready
from tests.support.keys import PUBLIC_KEY
from tests.support.mortal import mortal_api
from tests.support.running_api import SECRET, RunningApi, add_mailbox
from tests.support.servers import TestDatabase, Vhost

_SECONDS = 60
_MOST_EFFECTS = 12


class Recorder:
    """Every request that is told, by account, looked up in the database when it arrives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.bodies: defaultdict[str, set[bytes]] = defaultdict(set)
        self.lies: list[str] = []
        self._grown = asyncio.Condition()

    async def hear(self, message: aio_pika.abc.AbstractIncomingMessage) -> None:
        event = decode(message.body)
        if await self._database["scan_requests"].find_one({"_id": event.subject}) is None:
            self.lies.append(event.id)
        async with self._grown:
            self.bodies[event.data.account_id].add(message.body)
            self._grown.notify_all()

    async def until_told(self, account_id: str) -> bytes:
        """The one form in which the account's request was told."""
        async with asyncio.timeout(_SECONDS), self._grown:
            await self._grown.wait_for(lambda: account_id in self.bodies)
        (body,) = self.bodies[account_id]
        return body


async def accepted(client: httpx.AsyncClient, account_id: str) -> dict[str, Any]:
    """The task, asked for as often as it takes, as a patient client does."""
    async with asyncio.timeout(_SECONDS):
        while True:
            answer = await client.post(f"/v1/accounts/{account_id}/scans", headers={"Idempotency-Key": account_id})
            if answer.status_code in (200, 202):
                task: dict[str, Any] = answer.json()
                return task
            # The api that died may have been about to answer this very key: it is given up after a while.
            assert answer.json()["code"] in ("broker_unavailable", "database_unavailable", "idempotency_key_in_use")
            await asyncio.sleep(float(answer.headers["Retry-After"]) / 4)


async def test_a_request_is_told_if_and_only_if_it_is_stored(
    api: RunningApi, vhost: Vhost, database: TestDatabase, tmp_path: Path
) -> None:
    anna, recorder = api.client("anna"), Recorder(api.database)
    token = Tokens(SecretStr(SECRET)).issue(user_id="anna", name="anna", admin=False)
    outcomes: list[int] = []
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "scan.requested.v1")
        await queue.consume(recorder.hear, no_ack=True)
        while (not outcomes or outcomes[-1] != httpx.codes.ACCEPTED) and len(outcomes) < _MOST_EFFECTS:
            account_id = await add_mailbox(anna)
            outcomes.append(await asked_of_a_mortal(vhost, database, token, account_id, len(outcomes) + 1, tmp_path))
            task = await accepted(anna, account_id)
            assert decode(await recorder.until_told(account_id)).subject == task["task_id"]
    assert outcomes[:3] == [0, 0, 0], "stored, published, confirmed: the effects of the api are no longer seen"
    assert outcomes[-1] == httpx.codes.ACCEPTED
    assert recorder.lies == []


async def asked_of_a_mortal(
    vhost: Vhost, database: TestDatabase, token: str, account_id: str, effect: int, folder: Path
) -> int:
    """The status that an api answered with which dies before this effect; 0: none."""
    (port,) = free_ports(1)
    settings = {
        "MAILTALLY_AMQP_URL": vhost.url("api"),
        "MAILTALLY_MONGO_URL": database.url("api"),
        "MAILTALLY_MONGO_DATABASE": database.name,
        "MAILTALLY_JWT_SECRET": SECRET,
        "MAILTALLY_SEAL_PUBLIC_KEY": PUBLIC_KEY,
        "MAILTALLY_HTTP_PORT": str(port),
    }
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": account_id}
    async with (
        mortal_api(settings, folder / "log") as mortal,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client,
    ):
        await until_ready(client)
        mortal.die_before(effect)
        try:
            return (await client.post(f"/v1/accounts/{account_id}/scans")).status_code
        except httpx.TransportError:
            return 0
