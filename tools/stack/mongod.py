"""The mongod of a stack: a replica set of one with access control, on the loopback interface
only."""

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from shared.access import SERVICES, mongo_role
from tools.stack.errors import StackError
from tools.stack.files import tail, write_private
from tools.stack.layout import Layout
from tools.stack.ports import remembered_ports
from tools.stack.process_supervisor import Command, OnRestart, SupervisedProcess
from tools.stack.provision import provision_database
from tools.stack.secrets import ADMINISTRATOR, Secrets

_REPLICA_SET = "mailtally"
_START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18

Client = MongoClient[dict[str, Any]]


class Mongod:
    """The database server of one stack."""

    def __init__(self, layout: Layout, secrets: Secrets, binary: Path, on_restart: OnRestart) -> None:
        self._secrets = secrets
        self._data = layout.data / "mongod"
        self._key = layout.configuration / "mongod.key"
        self._port = remembered_ports(layout.ports_file("mongod"), ["mongod"])["mongod"]
        self.log = layout.logs / "mongod.log"
        self._server = SupervisedProcess(
            Command("mongod", self._arguments(binary), layout.environment(), self.log), on_restart
        )

    @property
    def pids(self) -> list[int]:
        """Return the server's process id; empty while it is being restarted."""
        return [self._server.pid] if self._server.pid is not None else []

    @property
    def administrator_url(self) -> str:
        """Return the URL of the administrator."""
        return self._url(ADMINISTRATOR, self._secrets[f"mongod-{ADMINISTRATOR}"], "admin")

    def service_url(self, service: str, database: str) -> str:
        """Return the URL of a service's own user."""
        return self._url(mongo_role(service), self._secrets[f"mongod-{service}"], database)

    async def start(self, database: str | None = None) -> None:
        """Start, wait until writes are accepted, and create the administrator and, in `database`,
        the services' users.

            Raises `StackError` when it does not start.
        """
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._key, self._secrets["mongod-keyfile"].replace("-", "+").replace("_", "/"))
        await self._server.start()
        await asyncio.to_thread(self._make_ready, database)

    async def stop(self, grace: float = _STOP_SECONDS) -> None:
        """Shut down cleanly, or kill after `grace` seconds."""
        await self._server.stop(grace)

    def _arguments(self, binary: Path) -> list[str]:
        parameters = ("diagnosticDataCollectionEnabled=false", "shutdownTimeoutMillisForSignaledShutdown=100")
        return [
            str(binary),
            "--quiet",
            *("--port", str(self._port), "--bind_ip", "127.0.0.1", "--nounixsocket"),
            *("--dbpath", str(self._data), "--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "512"),
            *("--replSet", _REPLICA_SET, "--keyFile", str(self._key)),
            *(word for parameter in parameters for word in ("--setParameter", parameter)),
        ]

    def _url(self, user: str, password: str, source: str) -> str:
        credentials = f"{user}:{quote(password, safe='')}"
        return f"mongodb://{credentials}@127.0.0.1:{self._port}/?authSource={source}&directConnection=true"

    def _connect(self, url: str) -> Client:
        return Client(url, serverSelectionTimeoutMS=200, retryWrites=False)

    def _make_ready(self, database: str | None) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with self._connect(f"mongodb://127.0.0.1:{self._port}/?directConnection=true") as anonymous:
            while not self._is_primary(anonymous):
                if self._server.deaths or self._server.pid is None or time.monotonic() > deadline:
                    raise StackError(f"mongod did not start:\n{tail(self.log)}")
                time.sleep(0.02)
            self._ensure_administrator(anonymous)
        if database is not None:
            passwords = {service: self._secrets[f"mongod-{service}"] for service in SERVICES}
            provision_database(self.administrator_url, database, passwords)

    def _is_primary(self, anonymous: Client) -> bool:
        """Return whether writes are accepted; configures the replica set, or its new address, if
        necessary."""
        try:
            hello = anonymous.admin.command("hello")
            if hello.get("isreplicaset"):  # has no configuration, or none that names its address
                self._configure(anonymous)
        except ConnectionFailure:
            return False
        return bool(hello.get("isWritablePrimary"))

    def _configure(self, anonymous: Client) -> None:
        try:
            anonymous.admin.command("replSetInitiate", self._replica_set(version=1))
        except OperationFailure as error:
            if error.code != _UNAUTHORIZED:
                raise
            self._follow_new_port()

    def _follow_new_port(self) -> None:
        """Reconfigure a replica set that was configured for another port."""
        with self._connect(self.administrator_url) as administrator:
            config = administrator.admin.command("replSetGetConfig")["config"]
            config |= self._replica_set(config["version"] + 1)
            administrator.admin.command("replSetReconfig", config, force=True)

    def _replica_set(self, version: int) -> dict[str, Any]:
        member = {"_id": 0, "host": f"127.0.0.1:{self._port}"}
        return {"_id": _REPLICA_SET, "version": version, "members": [member]}

    def _ensure_administrator(self, anonymous: Client) -> None:
        """Create the administrator: without users, the server lets a local client create the first
        one."""
        try:
            with self._connect(self.administrator_url) as administrator:
                administrator.admin.command("ping")
        except OperationFailure as error:
            if error.code != _AUTHENTICATION_FAILED:
                raise
            password = self._secrets[f"mongod-{ADMINISTRATOR}"]
            anonymous.admin.command("createUser", ADMINISTRATOR, pwd=password, roles=["root"])
