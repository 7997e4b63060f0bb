"""The real RabbitMQ and MongoDB of a test session, and a virtual host and a database of its own for each test."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
from pymongo import MongoClient

from shared.access import BROKER_USERS, SERVICES, mongo_role
from shared.messaging.topology import broker_definitions
from tests.support.dovecot import MailServer
from tools.stack.options import with_database_user, with_user
from tools.stack.processes import find_process
from tools.stack.provision import grant
from tools.stack.secrets import Secrets

SESSION_FOLDER = "MAILTALLY_TEST_SESSION"
"""Environment variable that tells the workers of a session where its files are."""

SERVERS = "servers.json"
KEEPER_PID = "keeper.pid"
MAIL_SERVER = "mail-server.json"
MAIL_KEEPER_PID = "mail-keeper.pid"
READY = "ready"

_keepers: list["subprocess.Popen[str]"] = []


@dataclass(frozen=True)
class ServerUrls:
    """Administrator URLs of both servers."""

    amqp_url: str
    management_url: str
    mongo_url: str


@dataclass(frozen=True)
class Vhost:
    """A virtual host with the whole topology, for one test."""

    name: str
    management_url: str
    _amqp_url: str
    _secrets: Secrets

    def url(self, user: str) -> str:
        """The AMQP URL of "administrator" or of a service's user."""
        url = urlsplit(self._amqp_url)._replace(path=f"/{quote(self.name, safe='')}").geturl()
        return url if user == "administrator" else with_user(url, user, self._secrets[f"rabbitmq-{user}"])


@dataclass(frozen=True)
class TestDatabase:
    """A database with every service's role and user, for one test."""

    __test__ = False

    name: str
    _mongo_url: str
    _secrets: Secrets

    def url(self, user: str) -> str:
        """The MongoDB URL of "administrator" or of a service's user."""
        if user == "administrator":
            return self._mongo_url
        return with_database_user(self._mongo_url, mongo_role(user), self._secrets[f"mongod-{user}"], self.name)


def open_session() -> None:
    """Called once by the process that runs the whole session; starts nothing."""
    os.environ[SESSION_FOLDER] = tempfile.mkdtemp(prefix="mailtally-tests-")


def close_session() -> None:
    """Stop the servers, if a test needed them, and remove their files."""
    folder = session_folder()
    pid_files = [folder / name for name in (KEEPER_PID, MAIL_KEEPER_PID)]
    found = [find_process(int(pid_file.read_text())) for pid_file in pid_files if pid_file.exists()]
    keepers = [keeper for keeper in found if keeper is not None]
    for keeper in keepers:
        keeper.signal(signal.SIGTERM)
    for keeper in keepers:
        keeper.wait(30)
    shutil.rmtree(folder, ignore_errors=True)


def session_servers(session_pid: int) -> ServerUrls:
    """The servers, started by the first worker that asks. Raises `RuntimeError` when they cannot be had."""
    return ServerUrls(**_kept("tests.support.server_keeper", SERVERS, session_pid))


def session_mail_server(session_pid: int) -> MailServer:
    """The mail server, in the same way."""
    return MailServer(**_kept("tests.support.mail_keeper", MAIL_SERVER, session_pid))


def _kept(keeper: str, file: str, session_pid: int) -> dict[str, Any]:
    """What a keeper says of the servers that it holds, started if it does not run yet."""
    folder = session_folder()
    with (folder / f"{file}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / file).exists():
            _start_keeper(keeper, folder, session_pid)
    said: dict[str, Any] = json.loads((folder / file).read_text())
    return said


def _start_keeper(module: str, folder: Path, session_pid: int) -> None:
    keeper = subprocess.Popen(
        [sys.executable, "-m", module, str(folder), str(session_pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    _keepers.append(keeper)
    assert keeper.stdout is not None
    with keeper.stdout as output:
        said = []
        for line in output:
            if line.rstrip() == READY:
                return
            said.append(line)
    raise RuntimeError(f"No servers for the tests:\n{''.join(said)}")


@contextmanager
def fresh_vhost(servers: ServerUrls, client: httpx.Client) -> Iterator[Vhost]:
    """A virtual host that lives as long as the context; the users, which all of them share, are there already."""
    name = f"test-{secrets.token_hex(6)}"
    stored = session_secrets()
    administrator = unquote(urlsplit(servers.amqp_url).username or "guest")
    users = {user: stored[f"rabbitmq-{user}"] for user in BROKER_USERS}
    definitions = broker_definitions(vhost=name, users=users, administrator=(administrator, ""))
    del definitions["users"]
    client.post("/api/definitions", json=definitions).raise_for_status()
    try:
        yield Vhost(name, servers.management_url, servers.amqp_url, stored)
    finally:
        client.delete(f"/api/vhosts/{name}").raise_for_status()


@contextmanager
def fresh_database(servers: ServerUrls, client: MongoClient[dict[str, Any]]) -> Iterator[TestDatabase]:
    """A database that lives as long as the context, its roles and users included."""
    name = f"test_{secrets.token_hex(6)}"
    stored = session_secrets()
    grant(client, name, {service: stored[f"mongod-{service}"] for service in SERVICES})
    try:
        yield TestDatabase(name, servers.mongo_url, stored)
    finally:
        client[name].command("dropAllUsersFromDatabase")
        client[name].command("dropAllRolesFromDatabase")
        client.drop_database(name)


def session_secrets() -> Secrets:
    """The passwords of this session's users."""
    return Secrets(session_folder() / "secrets")


def session_folder() -> Path:
    """Where the files of this session are."""
    return Path(os.environ[SESSION_FOLDER])
