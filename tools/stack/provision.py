"""Declaring the topology, users and permissions on servers that already run; everything may be
repeated."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from shared.access import SERVICES, mongo_role, mongo_roles
from shared.messaging.topology import broker_definitions
from tools.stack.errors import StackError

_SECONDS = 30.0
_ALREADY_EXISTS = (51002, 51003)  # Location51002: role, Location51003: user


def provision_broker(management_url: str, *, vhost: str, passwords: Mapping[str, str]) -> None:
    """Declare exchanges, queues, bindings, policies and users through RabbitMQ's management API.

        `management_url` contains an administrator's login, `passwords` one for each of
    `BROKER_USERS`. Raises `StackError`.
    """
    definitions = broker_definitions(vhost=vhost, users=passwords)
    administrator = unquote(urlsplit(management_url).username or "guest")
    everything = {"user": administrator, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
    definitions["permissions"].append(everything)
    _define(management_url, definitions)


def add_monitoring_user(management_url: str, *, vhost: str, name: str, password: str) -> None:
    """Create or update a user who may read the queues through the management API and change
    nothing.

        `management_url` contains an administrator's login. Raises `StackError`.
    """
    nothing = {"user": name, "vhost": vhost, "configure": "^$", "write": "^$", "read": "^$"}
    user = {"name": name, "password": password, "tags": "monitoring"}
    _define(management_url, {"users": [user], "permissions": [nothing]})


def _define(management_url: str, definitions: dict[str, Any]) -> None:
    try:
        response = httpx.post(f"{management_url.rstrip('/')}/api/definitions", json=definitions, timeout=_SECONDS)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        code = error.response.status_code
        raise StackError(f"RabbitMQ's management API refused the definitions (HTTP {code}).") from None
    except httpx.HTTPError as error:
        raise StackError(f"RabbitMQ's management API is unavailable ({type(error).__name__}).") from None


def provision_database(url: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create or update the role and the user of each service, inside its database.

    `url` is an administrator's, `passwords` holds one for each service. Raises `StackError`.
    """
    try:
        with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=int(_SECONDS * 1000)) as client:
            grant(client, database, passwords)
    except PyMongoError as error:
        raise StackError(f"MongoDB could not be prepared ({type(error).__name__}).") from None


def grant(client: MongoClient[dict[str, Any]], database: str, passwords: Mapping[str, str]) -> None:
    """Do the same as `provision_database` with an administrator's open client; raises pymongo's
    errors."""
    target = client[database]
    for role in mongo_roles(database):
        _create_or_update(client, database, "Role", role)
    for service in SERVICES:
        name = mongo_role(service)
        user = {
            "createUser": name,
            "pwd": passwords[service],
            "roles": [{"role": name, "db": target.name}],
            "mechanisms": ["SCRAM-SHA-256"],
        }
        _create_or_update(client, database, "User", user)


def _create_or_update(client: MongoClient[dict[str, Any]], database: str, kind: str, command: dict[str, Any]) -> None:
    try:
        client[database].command(command)
    except OperationFailure as error:
        if error.code not in _ALREADY_EXISTS:
            raise
        name = command[f"create{kind}"]
        changes = {key: value for key, value in command.items() if key != f"create{kind}"}
        client[database].command({f"update{kind}": name, **changes})
