"""Checks of what each service may do on both servers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cli.doctor.connections import Item, ServerConnections
from cli.doctor.result import Finding, ok, problem
from shared.access import BROKER_USERS, SERVICES, broker_permissions, broker_topic_permissions, mongo_role, mongo_roles
from shared.formatting import count

Allowed = Mapping[str, frozenset[str]]
"""Collection -> actions."""


def check_broker_rights(servers: ServerConnections) -> Iterator[Finding]:
    """Check permissions and topic permissions of the services' users."""
    vhost, users = servers.target.vhost, {user["name"] for user in servers.get_management("users")}
    missing = [user for user in BROKER_USERS if user not in users]
    for user in missing:
        yield problem(f"RabbitMQ has no user {user}.", servers.target.declare)
    existing = [user for user in BROKER_USERS if user in users]
    kinds: list[tuple[str, str, Callable[..., list[Item]], tuple[str, ...]]] = [
        ("permissions", "permissions", broker_permissions, ("configure", "write", "read")),
        ("topic-permissions", "topic permissions", broker_topic_permissions, ("write", "read")),
    ]
    wrong = bool(missing)
    for path, words, expected, keys in kinds:
        actual = {_key(item): item for item in servers.list_management(path)}
        for permission in expected(vhost, existing):
            stored = actual.get(_key(permission))
            if stored is None:
                wrong = True
                yield problem(f"The RabbitMQ user {permission['user']} has no {words}.", servers.target.declare)
            elif differing := [key for key in keys if stored[key] != permission[key]]:
                wrong = True
                says = f"The RabbitMQ user {permission['user']} has unexpected {words} ({', '.join(differing)})."
                yield problem(says, servers.target.declare)
    if not wrong:
        yield ok(f"{count(len(BROKER_USERS), 'RabbitMQ user')} with exactly the permissions that they need")


def check_database_rights(servers: ServerConnections) -> Iterator[Finding]:
    """Check the roles of the services' users: each collection has one writer."""
    database = servers.database
    names = [mongo_role(service) for service in SERVICES]
    roles = database.command("rolesInfo", [{"role": name, "db": database.name} for name in names], showPrivileges=True)
    users = {user["user"]: user for user in database.command("usersInfo", names)["users"]}
    actual = {role["role"]: role for role in roles["roles"]}
    wrong = False
    for expected in mongo_roles(database.name):
        name = expected["createRole"]
        if name not in users:
            wrong = True
            yield problem(f"MongoDB has no user {name}.", servers.target.declare)
        elif {"role": name, "db": database.name} not in users[name]["roles"]:
            wrong = True
            yield problem(f"The MongoDB user {name} does not have its role.", servers.target.declare)
        if name not in actual:
            wrong = True
            yield problem(f"MongoDB has no role {name}.", servers.target.declare)
            continue
        for says in _differences(name, _allowed(expected["privileges"]), _allowed(actual[name]["privileges"])):
            wrong = True
            yield problem(says, servers.target.declare)
    if not wrong:
        yield ok(
            f"{count(len(names), 'MongoDB user')} with exactly the roles that they need; each collection has one writer"
        )


def _key(permission: Item) -> tuple[str, str]:
    return permission["user"], permission.get("exchange", "")


def _allowed(privileges: list[dict[str, Any]]) -> Allowed:
    return {each["resource"].get("collection", "?"): frozenset(each["actions"]) for each in privileges}


def _differences(name: str, expected: Allowed, actual: Allowed) -> Iterator[str]:
    nothing: frozenset[str] = frozenset()
    for collection in sorted(expected.keys() | actual.keys()):
        wanted, given = expected.get(collection, nothing), actual.get(collection, nothing)
        where = collection or "the whole database"
        if missing := wanted - given:
            yield f"The MongoDB role {name} may not {', '.join(sorted(missing))} {where}."
        if more := given - wanted:
            yield f"The MongoDB role {name} may {', '.join(sorted(more))} {where}, which belongs to another service."
