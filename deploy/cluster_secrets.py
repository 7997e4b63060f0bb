"""`python -m deploy.cluster_secrets FILE --broker URL --database URL | kubectl apply -f -`: the secrets of a cluster.

FILE keeps the passwords (made at the first call; keep it as you keep a private key). `--broker` is RabbitMQ's
management URL and `--database` MongoDB's URL, both with an administrator's name and password.
"""

import argparse
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.make_secrets import Passwords, keep_passwords, service_files
from shared.access import SERVICES

NAMESPACE = "mailtally"
SCALER = "scaler"
"""The RabbitMQ user by which KEDA looks at queues."""
AMQP_PORT = 5672


def with_scaler(passwords: Passwords) -> Passwords:
    """The same with a password for the scaler, the one that it has if it has one."""
    known = passwords["rabbitmq"].get(SCALER)
    return {**passwords, "rabbitmq": {**passwords["rabbitmq"], SCALER: known or secrets.token_urlsafe(24)}}


def secrets_of(passwords: Passwords, *, broker: str, database: str) -> dict[str, dict[str, str]]:
    """Name of a Secret -> key -> value. Raises ValueError when a URL is none."""
    management, mongodb = urlsplit(broker), urlsplit(database)
    if management.scheme not in ("http", "https") or not management.hostname or not management.username:
        raise ValueError("--broker must be like http://administrator:password@host:15672")
    if mongodb.scheme not in ("mongodb", "mongodb+srv") or not mongodb.username:
        raise ValueError("--database must be like mongodb://administrator:password@host:27017/?replicaSet=rs0")
    files = service_files(passwords, broker=f"{management.hostname}:{AMQP_PORT}", database=database)
    found: dict[str, dict[str, str]] = {f"mailtally-{service}": {} for service in (*SERVICES, "webhooks")}
    for path, content in files.items():
        service, _, key = path.partition("/")
        found[f"mailtally-{service}"][key] = content
    found["mailtally-operator"] = {
        "passwords.json": json.dumps(passwords),
        "management_url": broker,
        "mongo_url": database,
    }
    host = f"{management.hostname}:{management.port}" if management.port else management.hostname
    scaler = f"{SCALER}:{passwords['rabbitmq'][SCALER]}@{host}"
    found["mailtally-scaler"] = {"host": f"{management.scheme}://{scaler}/mailtally"}
    return found


def manifests(made: dict[str, dict[str, str]]) -> dict[str, Any]:
    """All of them as one List that kubectl applies."""
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "type": "Opaque",
            "stringData": values,
        }
        for name, values in made.items()
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def main() -> None:
    """Print the manifests, or say in one sentence on standard error why not, and exit 1."""
    parser = argparse.ArgumentParser(prog="cluster_secrets", description="The Secrets that deploy/kubernetes reads.")
    parser.add_argument("file", type=Path, help="keeps the passwords; made at the first call")
    parser.add_argument("--broker", required=True, help="RabbitMQ's management URL, an administrator's")
    parser.add_argument("--database", required=True, help="MongoDB's URL, an administrator's")
    wanted = parser.parse_args()
    try:
        passwords = keep_passwords(wanted.file, change=with_scaler, owner=os.getuid())
        made = secrets_of(passwords, broker=wanted.broker, database=wanted.database)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(manifests(made), indent=1) + "\n")


if __name__ == "__main__":
    main()
