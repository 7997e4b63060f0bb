"""All checks in the order of the report, and how they are run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import httpx
from aio_pika.exceptions import AMQPError
from pymongo.errors import OperationFailure, PyMongoError

from cli.doctor import broker, clocks, database, logins, machine, permissions, services, topology, versions
from cli.doctor.connections import ServerConnections
from cli.doctor.result import Finding, unknown

_DENIED = (13, 8000)


class Requires(Enum):
    """What a check needs in order to run."""

    NOTHING = auto()
    BROKER = auto()
    DATABASE = auto()
    MACHINE = auto()


@dataclass(frozen=True)
class Check:
    """One check. `run` yields one line if all is well, otherwise one for each problem."""

    name: str
    requires: Requires
    run: Callable[[ServerConnections], Iterator[Finding]]


CHECKS: Sequence[Check] = (
    Check("python", Requires.NOTHING, versions.check_python),
    Check("amqp", Requires.NOTHING, broker.check_connection),
    Check("rabbitmq", Requires.BROKER, versions.check_rabbitmq),
    Check("alarms", Requires.BROKER, broker.check_alarms),
    Check("exchanges", Requires.BROKER, topology.check_exchanges),
    Check("queues", Requires.BROKER, topology.check_queues),
    Check("bindings", Requires.BROKER, topology.check_bindings),
    Check("policies", Requires.BROKER, topology.check_policies),
    Check("consumers", Requires.BROKER, broker.check_consumers),
    Check("dead letters", Requires.NOTHING, broker.check_dead_letters),
    Check("broker rights", Requires.BROKER, permissions.check_broker_rights),
    Check("broker logins", Requires.NOTHING, logins.check_broker_logins),
    Check("mongodb", Requires.DATABASE, versions.check_mongodb),
    Check("replica set", Requires.DATABASE, database.check_replica_set),
    Check("majority", Requires.DATABASE, database.check_majority),
    Check("database rights", Requires.DATABASE, permissions.check_database_rights),
    Check("database logins", Requires.NOTHING, logins.check_database_logins),
    Check("indexes", Requires.DATABASE, database.check_indexes),
    Check("legacy", Requires.DATABASE, database.check_legacy),
    Check("database disk", Requires.DATABASE, database.check_database_disk),
    Check("broker clock", Requires.BROKER, clocks.check_broker_clock),
    Check("database clock", Requires.DATABASE, clocks.check_database_clock),
    Check("services", Requires.NOTHING, services.check_services),
    Check("builds", Requires.NOTHING, services.check_builds),
    Check("disk", Requires.MACHINE, machine.check_disk),
    Check("secrets", Requires.MACHINE, machine.check_secrets),
    Check("seal keys", Requires.MACHINE, machine.check_seal_keys),
)


def run_checks(servers: ServerConnections, checks: Sequence[Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Yield the findings of each check with its name. What is unavailable is reported once with its
    reason; then the checks that need it are listed as skipped."""
    reported: set[Requires] = set()
    for check in checks:
        obstacle = _OBSTACLES[check.requires](servers)
        if obstacle is None:
            for finding in _run(check, servers):
                yield check.name, finding
            continue
        if check.requires not in reported:
            reported.add(check.requires)
            yield check.name, obstacle
        yield check.name, unknown(f"Skipped: {check.name}")


_OBSTACLES: Mapping[Requires, Callable[[ServerConnections], Finding | None]] = {
    Requires.NOTHING: lambda _: None,
    Requires.BROKER: lambda servers: servers.broker_problem,
    Requires.DATABASE: lambda servers: servers.database_problem,
    Requires.MACHINE: lambda servers: servers.machine_problem,
}


def _run(check: Check, servers: ServerConnections) -> Iterator[Finding]:
    try:
        yield from check.run(servers)
    except OperationFailure as error:
        reason = "MongoDB does not permit it" if error.code in _DENIED else f"MongoDB refused it (code {error.code})"
        yield unknown(f"Skipped {check.name}: {reason}.", "use an administrator's URL")
    except httpx.HTTPStatusError as error:
        reason = f"RabbitMQ refused it (HTTP {error.response.status_code})"
        yield unknown(f"Skipped {check.name}: {reason}.", "use an administrator's URL")
    except KeyError as error:
        yield unknown(f"Skipped {check.name}: the server does not report {error}.")
    except (httpx.HTTPError, PyMongoError, AMQPError, OSError, TimeoutError) as error:
        yield unknown(
            f"Skipped {check.name}: the server became unavailable ({type(error).__name__}).", "run the command again"
        )
