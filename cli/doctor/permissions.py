"""What each service may do on both servers, held against what it was given."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cli.doctor.connections import Item, ServerConnections
from cli.doctor.result import Finding, ok, problem
from shared.access import BROKER_USERS, SERVICES, broker_permissions, broker_topic_permissions, mongo_role, mongo_roles
from shared.formatting import count

Allowed = Mapping[str, frozenset[str]]
"""Collection -> actions."""


def check_broker_rights(servers: ServerConnections) -> Iterator[Finding]:
    """Permissions and topic permissions of the services' users."""
    vhost, users = servers.target.vhost, {user["name"] for user in servers.ask("users")}
    missing = [user for user in BROKER_USERS if user not in users]
    for user in missing:
        yield problem(f"RabbitMQ has no user {user}.", servers.target.declare)
    there = [user for user in BROKER_USERS if user in users]
    kinds: list[tuple[str, str, Callable[..., list[Item]], tuple[str, ...]]] = [
        ("permissions", "rights", broker_permissions, ("configure", "write", "read")),
        ("topic-permissions", "rights on topics", broker_topic_permissions, ("write", "read")),
    ]
    wrong = bool(missing)
    for path, words, expected, keys in kinds:
        found = {_of(item): item for item in servers.list_of_vhost(path)}
        for right in expected(vhost, there):
            stored = found.get(_of(right))
            if stored is None:
                wrong = True
                yield problem(f"The user {right['user']} of RabbitMQ has no {words}.", servers.target.declare)
            elif differing := [key for key in keys if stored[key] != right[key]]:
                wrong = True
                says = f"The user {right['user']} of RabbitMQ has other {words} ({', '.join(differing)}) than it needs."
                yield problem(says, servers.target.declare)
    if not wrong:
        yield ok(f"{count(len(BROKER_USERS), 'user')} of RabbitMQ with the rights they need and no others")


def check_database_rights(servers: ServerConnections) -> Iterator[Finding]:
    """Roles of the services' users: each collection has one writer."""
    database = servers.database
    names = [mongo_role(service) for service in SERVICES]
    roles = database.command("rolesInfo", [{"role": name, "db": database.name} for name in names], showPrivileges=True)
    users = {user["user"]: user for user in database.command("usersInfo", names)["users"]}
    found = {role["role"]: role for role in roles["roles"]}
    wrong = False
    for expected in mongo_roles(database.name):
        name = expected["createRole"]
        if name not in users:
            wrong = True
            yield problem(f"MongoDB has no user {name}.", servers.target.declare)
        elif {"role": name, "db": database.name} not in users[name]["roles"]:
            wrong = True
            yield problem(f"The user {name} of MongoDB does not have its role.", servers.target.declare)
        if name not in found:
            wrong = True
            yield problem(f"MongoDB has no role {name}.", servers.target.declare)
            continue
        for says in _differences(name, _allowed(expected["privileges"]), _allowed(found[name]["privileges"])):
            wrong = True
            yield problem(says, servers.target.declare)
    if not wrong:
        yield ok(f"{count(len(names), 'user')} of MongoDB with the roles they need; each collection has one writer")


def _of(right: Item) -> tuple[str, str]:
    return right["user"], right.get("exchange", "")


def _allowed(privileges: list[dict[str, Any]]) -> Allowed:
    return {each["resource"].get("collection", "?"): frozenset(each["actions"]) for each in privileges}


def _differences(name: str, expected: Allowed, found: Allowed) -> Iterator[str]:
    nothing: frozenset[str] = frozenset()
    for collection in sorted(expected.keys() | found.keys()):
        wanted, given = expected.get(collection, nothing), found.get(collection, nothing)
        where = collection or "the whole database"
        if missing := wanted - given:
            yield f"The role {name} of MongoDB may not {', '.join(sorted(missing))} {where}."
        if more := given - wanted:
            yield f"The role {name} of MongoDB may {', '.join(sorted(more))} {where}, which is not its own."
