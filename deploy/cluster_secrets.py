"""Secrets of a cluster, as manifests for kubectl.

    python -m deploy.cluster_secrets FILE --broker URL --database URL | kubectl apply -f -

FILE keeps the passwords. It is created at the first call; protect it like a private key. `--broker`
is RabbitMQ's management URL and `--database` MongoDB's URL, both with an administrator's name and
password.
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
"""The RabbitMQ user with which KEDA reads the lengths of queues."""
AMQP_PORT = 5672


def with_scaler(passwords: Passwords) -> Passwords:
    """Add a password for the scaler, if it has none yet."""
    known = passwords["rabbitmq"].get(SCALER)
    return {**passwords, "rabbitmq": {**passwords["rabbitmq"], SCALER: known or secrets.token_urlsafe(24)}}


def secrets_of(passwords: Passwords, *, broker: str, database: str) -> dict[str, dict[str, str]]:
    """Return name of a Secret -> key -> value. Raises ValueError when a URL is invalid."""
    management, mongodb = urlsplit(broker), urlsplit(database)
    if management.scheme not in ("http", "https") or not management.hostname or not management.username:
        raise ValueError("--broker must be like http://administrator:password@host:15672")
    if mongodb.scheme not in ("mongodb", "mongodb+srv") or not mongodb.username:
        raise ValueError("--database must be like mongodb://administrator:password@host:27017/?replicaSet=rs0")
    files = service_files(passwords, broker=f"{management.hostname}:{AMQP_PORT}", database=database)
    result: dict[str, dict[str, str]] = {f"mailtally-{service}": {} for service in (*SERVICES, "webhooks")}
    for path, content in files.items():
        service, _, key = path.partition("/")
        result[f"mailtally-{service}"][key] = content
    result["mailtally-operator"] = {
        "passwords.json": json.dumps(passwords),
        "management_url": broker,
        "mongo_url": database,
    }
    host = f"{management.hostname}:{management.port}" if management.port else management.hostname
    scaler = f"{SCALER}:{passwords['rabbitmq'][SCALER]}@{host}"
    result["mailtally-scaler"] = {"host": f"{management.scheme}://{scaler}/mailtally"}
    return result


def manifests(secret_values: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return all Secrets as one List that kubectl applies."""
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "type": "Opaque",
            "stringData": values,
        }
        for name, values in secret_values.items()
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def main() -> None:
    """Print the manifests; on failure print one sentence to standard error and exit 1."""
    parser = argparse.ArgumentParser(prog="cluster_secrets", description="Print the Secrets of deploy/kubernetes.")
    parser.add_argument("file", type=Path, help="file that keeps the passwords; created at the first call")
    parser.add_argument("--broker", required=True, help="management URL of RabbitMQ, as an administrator")
    parser.add_argument("--database", required=True, help="URL of MongoDB, as an administrator")
    arguments = parser.parse_args()
    try:
        passwords = keep_passwords(arguments.file, change=with_scaler, owner=os.getuid())
        values = secrets_of(passwords, broker=arguments.broker, database=arguments.database)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(manifests(values), indent=1) + "\n")


if __name__ == "__main__":
    main()
