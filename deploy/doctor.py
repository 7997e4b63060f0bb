"""`mailtally doctor` for docker-compose.yml.

    docker compose run --rm --no-deps provision python -m deploy.doctor [--json]

It runs where the passwords of the administrator and the services are.
"""

import argparse
import json
import socket
import sys
from collections.abc import Iterator

from cli.doctor.command import report_findings
from cli.doctor.target import Target
from cli.ui.console import open_output
from deploy.make_secrets import ADMINISTRATOR, DATABASE, FOLDER, REPLICA_SET, VHOST, Passwords, service_files
from shared.access import SERVICES
from tools.stack.stackfile import ServiceUrls

_PORT = 8000


def target(passwords: Passwords, health: dict[str, str]) -> Target:
    """Return the servers of docker-compose.yml as the administrator and each service reach them."""
    files = service_files(passwords)
    broker = f"{ADMINISTRATOR}:{passwords['rabbitmq'][ADMINISTRATOR]}@rabbitmq"
    database = f"{ADMINISTRATOR}:{passwords['mongodb'][ADMINISTRATOR]}@mongo:27017"
    return Target(
        amqp_url=f"amqp://{broker}:5672/{VHOST}",
        management_url=f"http://{broker}:15672",
        mongo_url=f"mongodb://{database}/?replicaSet={REPLICA_SET}&authSource=admin",
        database=DATABASE,
        users={
            service: ServiceUrls(files[f"{service}/amqp_url"], files[f"{service}/mongo_url"]) for service in SERVICES
        },
        health=health,
    )


def replicas(service: str) -> Iterator[tuple[str, str]]:
    """Yield name and URL of each container of a service, from the addresses of the service's name
    in the network."""
    try:
        addresses = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(service, _PORT, type=socket.SOCK_STREAM)})
    except socket.gaierror:
        addresses = [service]
    for number, address in enumerate(addresses, start=1):
        yield f"{service}-{number}", f"http://{address}:{_PORT}"


def main() -> int:
    """Return exit code 1 when there is a problem."""
    parser = argparse.ArgumentParser(prog="doctor", description="Diagnose the installation and suggest fixes.")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    passwords: Passwords = json.loads((FOLDER / "operator" / "passwords.json").read_text(encoding="utf-8"))
    health = dict(replica for service in SERVICES for replica in replicas(service))
    return 1 if report_findings(open_output(), target(passwords, health), as_json=arguments.json) else 0


if __name__ == "__main__":
    sys.exit(main())
