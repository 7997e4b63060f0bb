"""`python -m deploy.provision`: sets RabbitMQ and MongoDB up for this version, and changes nothing the second time.

Runs as the administrator before the services start: topology and users of the broker, then replica set, roles and
users of the database.
"""

import json
import logging
import sys
import time
from typing import Any

import httpx
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect, ConnectionFailure, NotPrimaryError, OperationFailure

from deploy.make_secrets import ADMINISTRATOR, DATABASE, FOLDER, REPLICA_SET, Passwords, broker_setup
from shared import logs
from shared.access import SERVICES, mongo_role, mongo_roles
from shared.retry import delays

logger = logging.getLogger("mailtally.provision")

_PATIENCE_SECONDS = 120.0
_ALREADY_INITIALIZED = 23
_ROLE_EXISTS = 51002
_USER_EXISTS = 51003

Document = dict[str, Any]


def provision_broker(management_url: str, passwords: Passwords) -> None:
    """Import the whole topology with its users through the management API; waits for the server to come up."""
    credentials = (ADMINISTRATOR, passwords["rabbitmq"][ADMINISTRATOR])
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for delay in delays(first=0.2, cap=1.0):
        try:
            answer = httpx.post(
                f"{management_url}/api/definitions", json=broker_setup(passwords), auth=credentials, timeout=30
            )
            answer.raise_for_status()
            return
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                raise
            logger.info("waiting for the broker", extra={"reason": type(error).__name__})
            time.sleep(delay)


def provision_database(host: str, passwords: Passwords) -> None:
    """Make `host` a replica set of one if it is none yet, then create or update the role and user of each service."""
    mongodb = passwords["mongodb"]
    client: MongoClient[Document] = MongoClient(
        host, username=ADMINISTRATOR, password=mongodb[ADMINISTRATOR], directConnection=True
    )
    with client:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for delay in delays(first=0.2, cap=1.0):
            try:
                _initiate(client, host)
                _grant(client[DATABASE], mongodb)
                return
            except (AutoReconnect, ConnectionFailure, NotPrimaryError) as error:
                if time.monotonic() > deadline:
                    raise
                logger.info("waiting for the database", extra={"reason": type(error).__name__})
                time.sleep(delay)


def _initiate(client: MongoClient[Document], host: str) -> None:
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise


def _grant(database: Database[Document], passwords: dict[str, str]) -> None:
    for role in mongo_roles(database.name):
        name = role["createRole"]
        rights = {"privileges": role["privileges"], "roles": role["roles"]}
        _create_or_update(database, "Role", name, rights, exists=_ROLE_EXISTS)
    for service in SERVICES:
        name = mongo_role(service)
        login = {"pwd": passwords[service], "roles": [name]}
        _create_or_update(database, "User", name, login, exists=_USER_EXISTS)


def _create_or_update(
    database: Database[Document], kind: str, name: str, fields: dict[str, Any], *, exists: int
) -> None:
    try:
        database.command(f"create{kind}", name, **fields)
    except OperationFailure as error:
        if error.code != exists:
            raise
        database.command(f"update{kind}", name, **fields)


def main() -> None:
    """Provision the servers of docker-compose.yml."""
    logs.configure("provision")
    passwords: Passwords = json.loads((FOLDER / "operator" / "passwords.json").read_text(encoding="utf-8"))
    provision_broker("http://rabbitmq:15672", passwords)
    provision_database("mongo:27017", passwords)
    sys.stdout.write("broker and database are set up\n")


if __name__ == "__main__":
    main()
