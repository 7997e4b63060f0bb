"""Where a test session's servers come from: running ones that are named, else containers, else local programs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.stack.errors import StackError

CHOICE = "MAILTALLY_TEST_SERVERS"
"""Environment variable: `containers` or `local` for the servers that no URL names; otherwise whatever can be had."""

RABBITMQ, MONGO = "rabbitmq", "mongo"

_URLS = {RABBITMQ: "MAILTALLY_TEST_AMQP_URL", MONGO: "MAILTALLY_TEST_MONGO_URL"}
_MANAGEMENT_URL = "MAILTALLY_TEST_MANAGEMENT_URL"
_STACK_SETTINGS = {
    _URLS[RABBITMQ]: "MAILTALLY_AMQP_URL",
    _MANAGEMENT_URL: "MAILTALLY_RABBITMQ_MANAGEMENT_URL",
    _URLS[MONGO]: "MAILTALLY_MONGO_URL",
}

Obstacle = Callable[[tuple[str, ...]], str | None]
"""Why these servers cannot run in containers, as the end of a sentence; None when they can."""


@dataclass(frozen=True)
class Choice:
    """The servers that run already, as a stack is told of them, and those to run in containers; the rest is local."""

    given: Mapping[str, str]
    containers: tuple[str, ...]


def choose(environment: Mapping[str, str], obstacle: Obstacle) -> Choice:
    """Decide for each server; `obstacle` is asked only if it matters. Raises `StackError` if that cannot be had."""
    wanted = environment.get(CHOICE) or None
    if wanted not in (None, "containers", "local"):
        raise StackError(f"{CHOICE} is containers or local, not {wanted!r}.")
    if environment.get(_URLS[RABBITMQ]) and not environment.get(_MANAGEMENT_URL):
        raise StackError(f"{_URLS[RABBITMQ]} is set, so {_MANAGEMENT_URL} (http://host:15672) is needed as well.")
    given = {setting: environment[name] for name, setting in _STACK_SETTINGS.items() if environment.get(name)}
    missing = tuple(server for server, url in _URLS.items() if not environment.get(url))
    if not missing or wanted == "local":
        return Choice(given, ())
    reason = obstacle(missing)
    if reason is None:
        return Choice(given, missing)
    if wanted == "containers":
        raise StackError(f"{CHOICE} asks for containers, but {reason}.")
    return Choice(given, ())
