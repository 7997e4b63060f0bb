"""An api that dies just before a chosen effect, and what its client sees of that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.keys import PUBLIC_KEY
from tests.support.mortal import MortalProcess, mortal_api
from tests.support.running_api import SECRET, bearer, until_ready
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS
from tools.stack.ports import free_ports


@dataclass(frozen=True)
class MortalApi:
    """`client` sends the token of the user."""

    client: httpx.AsyncClient
    _process: MortalProcess

    async def status_before(self, effect: int, method: str, path: str, **headers: str) -> int:
        """The status of the answer to this request, in which the api dies before that effect; 0 if there is none."""
        self._process.die_before(effect)
        try:
            return (await self.client.request(method, path, headers=headers)).status_code
        except httpx.TransportError:
            return 0


@asynccontextmanager
async def a_mortal_api(vhost: Vhost, database: TestDatabase, folder: Path, *, user_id: str) -> AsyncIterator[MortalApi]:
    """Ready; gone when the context ends."""
    (port,) = free_ports(1)
    settings = {
        "MAILTALLY_AMQP_URL": vhost.url("api"),
        "MAILTALLY_MONGO_URL": database.url("api"),
        "MAILTALLY_MONGO_DATABASE": database.name,
        "MAILTALLY_JWT_SECRET": SECRET,
        "MAILTALLY_SEAL_PUBLIC_KEY": PUBLIC_KEY,
        "MAILTALLY_HTTP_PORT": str(port),
    }
    url, log = f"http://127.0.0.1:{port}", folder / "mortal-api.log"
    async with (
        mortal_api(settings, log) as process,
        httpx.AsyncClient(base_url=url, headers=bearer(user_id), timeout=SECONDS) as client,
    ):
        await until_ready(url)
        yield MortalApi(client, process)
