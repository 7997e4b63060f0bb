"""Checks of exchanges, queues, bindings and policies."""

import re
from collections.abc import Iterator
from typing import Any

from cli.doctor.connections import Item, ServerConnections
from cli.doctor.result import Finding, ok, problem
from shared.formatting import count
from shared.messaging.topology import broker_definitions

_SPECIAL = ("type", "durable", "auto_delete", "internal")


def check_exchanges(servers: ServerConnections) -> Iterator[Finding]:
    """Check that each exchange exists with the right type."""
    expected, actual = _expected(servers, "exchanges"), _by_name(servers.get_management("exchanges/{vhost}"))
    wrong = False
    for exchange in expected:
        name = exchange["name"]
        if name not in actual:
            wrong = True
            yield problem(f"The exchange {name} is missing.", servers.target.declare)
        elif any(actual[name][key] != exchange[key] for key in _SPECIAL) or actual[name]["arguments"]:
            wrong = True
            kind = f"{'' if actual[name]['durable'] else 'not durable, '}{actual[name]['type']}"
            says = (
                f"The exchange {name} is {kind}{_arguments(actual[name]['arguments'])} instead of {exchange['type']}."
            )
            yield problem(says, f"stop the services, delete the exchange, and {servers.target.declare}")
    if not wrong:
        yield ok(count(len(expected), "exchange"))


def check_queues(servers: ServerConnections) -> Iterator[Finding]:
    """Check that each queue, stream and retry queue exists with the right arguments."""
    expected, actual = _expected(servers, "queues"), _by_name(servers.get_management("queues/{vhost}"))
    wrong = False
    for queue in expected:
        name = queue["name"]
        if name not in actual:
            wrong = True
            yield problem(f"The queue {name} is missing.", servers.target.declare)
        elif differences := list(_differences(queue["arguments"], actual[name]["arguments"])):
            wrong = True
            yield problem(
                f"The queue {name} has {', '.join(differences)}.",
                "arguments cannot be changed: stop the services, empty and delete the queue, and "
                + servers.target.declare,
            )
    if not wrong:
        yield ok(f"{count(len(expected), 'queue')} with the right arguments, including the event log")


def check_bindings(servers: ServerConnections) -> Iterator[Finding]:
    """Check that no binding of our queues is missing or unexpected."""
    expected = {_binding(binding) for binding in _expected(servers, "bindings")}
    ours = {queue["name"] for queue in _expected(servers, "queues")}
    actual = {
        _binding(each)
        for each in servers.get_management("bindings/{vhost}")
        if each["source"] and each["destination"] in ours
    }
    for source, queue, key in sorted(expected - actual):
        yield problem(f"The binding of {queue} to {source} with {key} is missing.", servers.target.declare)
    for source, queue, key in sorted(actual - expected):
        yield problem(
            f"{queue} is also bound to {source} with {key}, and receives messages that it cannot handle.",
            f'remove it on RabbitMQ\'s management page, or with: rabbitmqadmin delete binding source="{source}" '
            f'destination_type=queue destination="{queue}" properties_key="{key}"',
        )
    if expected == actual:
        yield ok(count(len(expected), "binding"))


def check_policies(servers: ServerConnections) -> Iterator[Finding]:
    """Check that the policies of limits and dead-lettering are right and in force."""
    expected, actual = _expected(servers, "policies"), _by_name(servers.get_management("policies/{vhost}"))
    queues = servers.get_management("queues/{vhost}")
    wrong = False
    for policy in expected:
        name = policy["name"]
        stored = actual.get(name)
        if stored is None:
            wrong = True
            yield problem(f"The policy {name} is missing.", servers.target.declare)
            continue
        if any(stored[key] != policy[key] for key in ("pattern", "apply-to", "definition", "priority")):
            wrong = True
            yield problem(f"The policy {name} was changed.", servers.target.declare)
        for queue in queues:
            other = queue.get("policy")
            if re.search(policy["pattern"], queue["name"]) and other not in (None, "", name):
                wrong = True
                says = f"The policy {other} is in force for {queue['name']} instead of {name}."
                yield problem(says, "give it a lower priority, or a pattern that does not match this queue")
    if not wrong:
        yield ok(f"{count(len(expected), 'policy', 'policies')} in force")


def _expected(servers: ServerConnections, kind: str) -> list[Item]:
    definitions: list[Item] = broker_definitions(vhost=servers.target.vhost)[kind]
    return definitions


def _by_name(items: list[Item]) -> dict[str, Item]:
    return {item["name"]: item for item in items}


def _binding(binding: Item) -> tuple[str, str, str]:
    return binding["source"], binding["destination"], binding["routing_key"]


def _differences(expected: dict[str, Any], actual: dict[str, Any]) -> Iterator[str]:
    for key in sorted(expected.keys() | actual.keys()):
        if key not in expected:
            yield f"{key} {actual[key]} instead of none"
        elif actual.get(key) != expected[key]:
            yield f"{key} {actual.get(key, 'missing')} instead of {expected[key]}"


def _arguments(arguments: dict[str, Any]) -> str:
    return f" with {', '.join(sorted(arguments))}" if arguments else ""
