"""The whole product with a number of scanners, and a scan from its request to DONE as a user sees
it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.scan.usage import childrens_processor_seconds, processor_seconds, with_children
from bench.servers import DATABASE, Bench
from cli.client.api import ApiClient
from cli.client.stack_connection import StackConnection
from cli.mailboxes.local_source import FileSource
from cli.parsing.months_option import ALL_MAIL
from shared.mongo import Document
from tools.stack.layout import Layout
from tools.stack.options import Options
from tools.stack.services import Services

_SECONDS = 3600.0
_PAUSE_SECONDS = 0.05
_ENDED = ("DONE", "FAILURE", "CANCELLED")


@dataclass(frozen=True)
class Tuned(Layout):
    """A layout whose processes are started with more settings."""

    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the layout's variables with the added settings."""
        return {**super().environment(), **self.settings}


@dataclass(frozen=True)
class Scan:
    """A scan that was DONE: seconds from its request to the task's end, and processor seconds by
    kind of process."""

    task: Document
    seconds: float
    used: dict[str, float]

    @property
    def messages_per_second(self) -> float:
        """Return the speed from the request to the end."""
        return int(self.task["messages_scanned"]) / self.seconds


class Product:
    """The services that run on the benchmark's servers."""

    def __init__(self, bench: Bench, services: Services) -> None:
        self._bench = bench
        self._services = services
        self._door = StackConnection.of(services.of("api")[0].url, bench.layout)

    @property
    def scanners(self) -> list[int]:
        """Return the scanner processes, without their parser processes."""
        return self._pids("scanner")

    async def upload(self, path: Path) -> Document:
        """Upload a mailbox. Returns the upload's record, which several accounts may share."""
        account_id = await asyncio.to_thread(self._send, path)
        account = await self._bench.database["email_accounts"].find_one({"_id": account_id})
        if account is None:
            raise LookupError(account_id)
        upload: Document = account["source"]["upload"]
        return upload

    async def scan(self, upload: Document) -> Scan:
        """Scan an upload as the mailbox of a user who has never scanned anything."""
        return await self.scan_account(*await self.fresh_account(upload))

    async def mail_account(self, source: Document) -> tuple[str, str]:
        """Add a user who has never scanned anything, and their account on a mail server."""
        user = f"user-{time.monotonic_ns()}"
        return user, await asyncio.to_thread(self._account, user, source)

    async def scan_account(self, user: str, account_id: str) -> Scan:
        """Scan all of an account."""
        with self._door.user(user) as api:
            api.accounts()  # the client is connected, as one is that has just uploaded
            before = self.used()
            began = time.perf_counter()
            task_id = await asyncio.to_thread(_start, api, account_id)
            task = await self._ended(task_id)
            seconds = time.perf_counter() - began
        used = {name: after - before[name] for name, after in self.used().items()}
        if task["status"] != "DONE":
            raise RuntimeError(f"the scan ended as {task['status']}: {task['error']}")
        return Scan(task, seconds, used)

    async def plan(self, upload: Document) -> tuple[Document, float]:
        """Return the run document when the upload is planned, and the seconds until then; the scan
        is cancelled."""
        user, account_id = await self.fresh_account(upload)
        began = time.perf_counter()
        with self._door.user(user) as api:
            task_id = await asyncio.to_thread(_start, api, account_id)
        runs, planned = self._bench.database["scan_runs"], {"_id": task_id, "state": "running"}
        async with asyncio.timeout(_SECONDS):
            while (run := await runs.find_one(planned)) is None:  # noqa: ASYNC110 (another process writes it)
                await asyncio.sleep(_PAUSE_SECONDS)
        seconds = time.perf_counter() - began
        await asyncio.to_thread(self._cancel, user, task_id)
        await self._ended(task_id)
        return run, seconds

    async def fresh_account(self, upload: Document) -> tuple[str, str]:
        """Add a user who has never scanned anything, and their account with the upload in it."""
        user = f"user-{time.monotonic_ns()}"
        account_id = await asyncio.to_thread(self._account, user)
        accounts = self._bench.database["email_accounts"]
        await accounts.update_one({"_id": account_id}, {"$set": {"source.upload": upload}})
        return user, account_id

    async def _ended(self, task_id: str) -> Document:
        """Return the task once it has ended, by a change stream: polling would burden what is
        measured."""
        tasks, ended = self._bench.database["scanning_tasks"], {"_id": task_id, "status": {"$in": _ENDED}}
        async with asyncio.timeout(_SECONDS), tasks.watch([{"$match": {"documentKey._id": task_id}}]) as changes:
            while (task := await tasks.find_one(ended)) is None:
                await changes.next()
        return task

    def _send(self, path: Path) -> str:
        source = FileSource(path)
        with self._door.user("uploader") as api:
            account_id: str = api.create_account(path.name)["account_id"]
            api.upload(account_id, source.filename, _chunks(source), source.octets)
            return account_id

    def _account(self, user: str, source: Document | None = None) -> str:
        with self._door.user(user) as api:
            account_id: str = api.create_account("mailbox", source)["account_id"]
            return account_id

    def _cancel(self, user: str, task_id: str) -> None:
        with self._door.user(user) as api:
            api.cancel_scan(task_id)

    def used(self) -> dict[str, float]:
        """Return the processor seconds so far, by kind of process."""
        scanners, servers = self.scanners, self._bench.servers.pids
        return {
            "scanners": processor_seconds(scanners),
            "parsers": childrens_processor_seconds(scanners),
            "status": processor_seconds(self._pids("status")),
            "rabbitmq": processor_seconds(with_children(servers["rabbitmq"])),
            "mongod": processor_seconds(servers["mongod"]),
        }

    def _pids(self, service: str) -> list[int]:
        return [pid for replica in self._services.of(service) if (pid := replica.child.pid) is not None]


def _start(api: ApiClient, account_id: str) -> str:
    task_id: str = api.start_scan(account_id, months=ALL_MAIL, full=False)["task_id"]
    return task_id


def _chunks(source: FileSource) -> Iterator[bytes]:
    yield from source.read()


@asynccontextmanager
async def product(bench: Bench, *, scanners: int, settings: Mapping[str, str] | None = None) -> AsyncIterator[Product]:
    """Run every service, ready; they are stopped in order at the end."""
    layout = Tuned(bench.layout.local, {"MAILTALLY_MAX_UPLOAD_MB": "16384", **(settings or {})})
    services = Services(layout, bench.servers.secrets, Options(scanners=scanners, port=0), lambda: None)
    try:
        await services.start(bench.servers.users, DATABASE)
        yield Product(bench, services)
    finally:
        await services.stop()
