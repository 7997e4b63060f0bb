"""Checks of clocks: times of events come from several machines and are compared."""

import datetime as dt
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from cli.doctor.connections import ServerConnections
from cli.doctor.result import Finding, ok, problem
from shared.formatting import duration

_MOST = dt.timedelta(seconds=5)
_FIX = "run timedatectl set-ntp true on both machines"


def check_database_clock(servers: ServerConnections) -> Iterator[Finding]:
    """Compare with `hello.localTime` of MongoDB, taken as the middle of the round trip."""
    before = servers.now()
    server_time = servers.mongo.admin.command("hello")["localTime"].replace(tzinfo=dt.UTC)
    yield _compare("MongoDB", before + (servers.now() - before) / 2 - server_time)


def check_broker_clock(servers: ServerConnections) -> Iterator[Finding]:
    """Compare with the Date header of RabbitMQ's management API, which has whole seconds."""
    before = servers.now()
    answer = servers.http.head(f"{(servers.target.management_url or '').rstrip('/')}/api/overview")
    server_time = parsedate_to_datetime(answer.headers["Date"]) + dt.timedelta(seconds=0.5)
    yield _compare("RabbitMQ", before + (servers.now() - before) / 2 - server_time)


def _compare(server: str, ahead: dt.timedelta) -> Finding:
    if abs(ahead) <= _MOST:
        return ok(f"Clock matches {server}")
    direction = "ahead of" if ahead > dt.timedelta(0) else "behind"
    return problem(f"The clock is {duration(abs(ahead).total_seconds())} {direction} {server}.", _FIX)
