"""All checks, in the order in which they are told, and how they are carried out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import httpx
from aio_pika.exceptions import AMQPError
from pymongo.errors import OperationFailure, PyMongoError

from cli.doctor import broker, clocks, database, logins, machine, permissions, services, topology, versions
from cli.doctor.connections import Ward
from cli.doctor.result import Finding, unknown

_DENIED = (13, 8000)


class Need(Enum):
    """What a check looks at."""

    NOTHING = auto()
    BROKER = auto()
    DATABASE = auto()
    MACHINE = auto()


@dataclass(frozen=True)
class Check:
    """One thing that is looked at. `run` yields a line if all is well, otherwise one for each problem."""

    name: str
    need: Need
    run: Callable[[Ward], Iterator[Finding]]


CHECKS: Sequence[Check] = (
    Check("python", Need.NOTHING, versions.check_python),
    Check("amqp", Need.NOTHING, broker.check_connection),
    Check("rabbitmq", Need.BROKER, versions.check_rabbitmq),
    Check("alarms", Need.BROKER, broker.check_alarms),
    Check("exchanges", Need.BROKER, topology.check_exchanges),
    Check("queues", Need.BROKER, topology.check_queues),
    Check("bindings", Need.BROKER, topology.check_bindings),
    Check("policies", Need.BROKER, topology.check_policies),
    Check("consumers", Need.BROKER, broker.check_consumers),
    Check("dead letters", Need.NOTHING, broker.check_dead_letters),
    Check("broker rights", Need.BROKER, permissions.check_broker_rights),
    Check("broker logins", Need.NOTHING, logins.check_broker_logins),
    Check("mongodb", Need.DATABASE, versions.check_mongodb),
    Check("replica set", Need.DATABASE, database.check_replica_set),
    Check("majority", Need.DATABASE, database.check_majority),
    Check("database rights", Need.DATABASE, permissions.check_database_rights),
    Check("database logins", Need.NOTHING, logins.check_database_logins),
    Check("indexes", Need.DATABASE, database.check_indexes),
    Check("legacy", Need.DATABASE, database.check_legacy),
    Check("database disk", Need.DATABASE, database.check_database_disk),
    Check("broker clock", Need.BROKER, clocks.check_broker_clock),
    Check("database clock", Need.DATABASE, clocks.check_database_clock),
    Check("services", Need.NOTHING, services.check_services),
    Check("builds", Need.NOTHING, services.check_builds),
    Check("disk", Need.MACHINE, machine.check_disk),
    Check("secrets", Need.MACHINE, machine.check_secrets),
    Check("seal keys", Need.MACHINE, machine.check_seal_keys),
)


def examine(ward: Ward, checks: Sequence[Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """The findings of each check, under its name. What a server that cannot be asked keeps from being looked at is
    told once with its reason, then by name."""
    told: set[Need] = set()
    for check in checks:
        obstacle = _OBSTACLES[check.need](ward)
        if obstacle is None:
            for finding in _carry_out(check, ward):
                yield check.name, finding
            continue
        if check.need not in told:
            told.add(check.need)
            yield check.name, obstacle
        yield check.name, unknown(f"Not looked at: {check.name}")


_OBSTACLES: Mapping[Need, Callable[[Ward], Finding | None]] = {
    Need.NOTHING: lambda _: None,
    Need.BROKER: lambda ward: ward.why_not_broker,
    Need.DATABASE: lambda ward: ward.why_not_database,
    Need.MACHINE: lambda ward: ward.why_not_machine,
}


def _carry_out(check: Check, ward: Ward) -> Iterator[Finding]:
    try:
        yield from check.run(ward)
    except OperationFailure as error:
        reason = "MongoDB does not allow it" if error.code in _DENIED else f"MongoDB refused it (code {error.code})"
        yield unknown(f"Not looked at ({check.name}): {reason}.", "use an administrator's address")
    except httpx.HTTPStatusError as error:
        reason = f"RabbitMQ refused it (HTTP {error.response.status_code})"
        yield unknown(f"Not looked at ({check.name}): {reason}.", "use an administrator's address")
    except KeyError as error:
        yield unknown(f"Not looked at ({check.name}): the server says nothing of {error}.")
    except (httpx.HTTPError, PyMongoError, AMQPError, OSError, TimeoutError) as error:
        yield unknown(f"Not looked at ({check.name}): the server went away ({type(error).__name__}).", "run it again")
