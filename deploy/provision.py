"""Provisioning of RabbitMQ and MongoDB for this version: `python -m deploy.provision`, idempotent.

It runs as the administrator before the services start: topology and users of the broker, then
replica set, roles and users of the database. The servers are those of docker-compose.yml, or those
of the operator's files `management_url` and `mongo_url` (deploy/kubernetes), whose replica set
exists already.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from deploy.cluster_secrets import SCALER
from deploy.make_secrets import ADMINISTRATOR, DATABASE, FOLDER, REPLICA_SET, VHOST, Passwords
from shared.access import BROKER_USERS, SERVICES
from shared.backoff import delays
from shared.observability import logs
from tools.stack.errors import StackError
from tools.stack.provision import add_monitoring_user, grant, provision_broker, provision_database

logger = logging.getLogger("mailtally.provision")

_TIMEOUT_SECONDS = 120.0
_ALREADY_INITIALIZED = 23

Document = dict[str, Any]


def provision(passwords: Passwords, *, broker: str, database: str) -> None:
    """Provision both servers, each `host:port`, as soon as they are available."""
    rabbitmq, mongodb = passwords["rabbitmq"], passwords["mongodb"]
    management_url = f"http://{ADMINISTRATOR}:{rabbitmq[ADMINISTRATOR]}@{broker}"
    retry_until_available(lambda: provision_broker(management_url, vhost=VHOST, passwords=_of(BROKER_USERS, rabbitmq)))
    with MongoClient[Document](
        database, username=ADMINISTRATOR, password=mongodb[ADMINISTRATOR], directConnection=True
    ) as client:
        retry_until_available(lambda: initiate(client, database))
        retry_until_available(lambda: grant(client, DATABASE, _of(SERVICES, mongodb)))


def provision_cluster(passwords: Passwords, *, management_url: str, mongo_url: str) -> None:
    """Provision servers of a cluster, by an administrator's URLs, as soon as they are available.

    The scaler gets a user as well, which may read the state of all queues and change nothing.
    """
    rabbitmq, mongodb = passwords["rabbitmq"], passwords["mongodb"]
    retry_until_available(lambda: provision_broker(management_url, vhost=VHOST, passwords=_of(BROKER_USERS, rabbitmq)))
    retry_until_available(
        lambda: add_monitoring_user(management_url, vhost=VHOST, name=SCALER, password=rabbitmq[SCALER])
    )
    retry_until_available(lambda: provision_database(mongo_url, DATABASE, _of(SERVICES, mongodb)))


def initiate(client: MongoClient[Document], host: str) -> None:
    """Make the server a replica set of one member if it is in none yet."""
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise


def retry_until_available(step: Callable[[], None]) -> None:
    """Retry `step` for two minutes while the server starts; then raise its last error."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    for delay in delays(first=0.2, cap=1.0):
        try:
            step()
            return
        except (StackError, ConnectionFailure) as error:
            if time.monotonic() > deadline:
                raise
            logger.info(
                "waiting for the server",
                extra={
                    "event": "server_unavailable",
                    "reason": str(error) if isinstance(error, StackError) else "no primary yet",
                },
            )
            time.sleep(delay)


def _of(users: Iterable[str], passwords: dict[str, str]) -> dict[str, str]:
    return {user: passwords[user] for user in users}


def main() -> None:
    """Provision the servers."""
    logs.configure("provision")
    operator = FOLDER / "operator"
    passwords: Passwords = json.loads((operator / "passwords.json").read_text(encoding="utf-8"))
    if (operator / "management_url").exists():
        management_url, mongo_url = ((operator / name).read_text("utf-8") for name in ("management_url", "mongo_url"))
        provision_cluster(passwords, management_url=management_url, mongo_url=mongo_url)
    else:
        provision(passwords, broker="rabbitmq:15672", database="mongo:27017")
    sys.stdout.write("Broker and database are provisioned.\n")


if __name__ == "__main__":
    main()
