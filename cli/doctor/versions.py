"""Checks of the versions of Python, RabbitMQ and MongoDB."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.doctor.connections import ServerConnections
from cli.doctor.result import Finding, ok, problem

Version = tuple[int, ...]


@dataclass(frozen=True)
class Range:
    """Versions from `least` on; `bad`: (first, last, reason) of versions that must not be used."""

    least: Version
    bad: Sequence[tuple[Version, Version, str]] = ()

    def objection(self, version: Version) -> str | None:
        """Return why a version must not be used, or None."""
        if version < self.least:
            return f"is older than {_text(self.least)}"
        return next((reason for first, last, reason in self.bad if first <= version <= last), None)


RABBITMQ = Range(
    # At-least-once dead lettering of quorum queues, which the delays of retries rest on.
    (3, 10),
    [((3, 13, 0), (3, 13, 2), "may drop messages that wait for a retry (rabbitmq-server 11159)")],
)
MONGODB = Range((6, 0))
PYTHON = Range((3, 11))
_PYTHON_BEFORE = (3, 14)


def check_python(_: ServerConnections, version: Version = sys.version_info[:3]) -> Iterator[Finding]:
    """Check the Python that runs this command."""
    if PYTHON.objection(version) is None and version < _PYTHON_BEFORE:
        yield ok(f"Python {_text(version)}")
    else:
        yield problem(f"Python {_text(version)} is not supported.", "install Python 3.11, 3.12 or 3.13")


def check_rabbitmq(servers: ServerConnections) -> Iterator[Finding]:
    """Check the version of the broker, and count its queues and consumers."""
    text = servers.get_management("overview")["rabbitmq_version"]
    objection = RABBITMQ.objection(parse(text))
    if objection is not None:
        yield problem(f"RabbitMQ {text} {objection}.", "upgrade to the newest release of RabbitMQ 4")
        return
    queues, consumers = len(servers.get_management("queues/{vhost}")), len(servers.get_management("consumers/{vhost}"))
    yield ok(f"RabbitMQ {text}, {queues} queues, {consumers} consumers")


def check_mongodb(servers: ServerConnections) -> Iterator[Finding]:
    """Check the version of the database."""
    text = str(servers.mongo.server_info()["version"])
    objection = MONGODB.objection(parse(text))
    if objection is None:
        yield ok(f"MongoDB {text}")
    else:
        yield problem(f"MongoDB {text} {objection}.", "upgrade to the newest release of MongoDB 8")


def parse(text: str) -> Version:
    """Parse the numbers that a version begins with: "3.13.0-rc.1" gives (3, 13, 0)."""
    numbers = []
    for part in text.split("-")[0].split("+")[0].split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _text(version: Version) -> str:
    return ".".join(map(str, version))
