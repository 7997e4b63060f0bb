"""The clocks of this machine and of the servers: times of events come from many machines, and are compared."""

import datetime as dt
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from cli.doctor.connections import Ward
from cli.doctor.result import Finding, problem, well
from shared.formatting import duration

_MOST = dt.timedelta(seconds=5)
_FIX = "run timedatectl set-ntp true on both machines"


def check_database_clock(ward: Ward) -> Iterator[Finding]:
    """Against `hello.localTime` of MongoDB, taken for the middle of the time that the answer took."""
    before = ward.now()
    there = ward.mongo.admin.command("hello")["localTime"].replace(tzinfo=dt.UTC)
    yield _told("MongoDB", before + (ward.now() - before) / 2 - there)


def check_broker_clock(ward: Ward) -> Iterator[Finding]:
    """Against the date of an answer of RabbitMQ's management API, in whole seconds."""
    before = ward.now()
    answer = ward.http.head(f"{(ward.target.management_url or '').rstrip('/')}/api/overview")
    there = parsedate_to_datetime(answer.headers["Date"]) + dt.timedelta(seconds=0.5)
    yield _told("RabbitMQ", before + (ward.now() - before) / 2 - there)


def _told(server: str, ahead: dt.timedelta) -> Finding:
    if abs(ahead) <= _MOST:
        return well(f"Clock as that of {server}")
    direction = "ahead of" if ahead > dt.timedelta(0) else "behind"
    return problem(f"Clock is {duration(abs(ahead).total_seconds())} {direction} that of {server}.", _FIX)
