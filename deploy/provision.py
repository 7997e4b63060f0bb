"""`python -m deploy.provision`: sets RabbitMQ and MongoDB up for this version, and changes nothing the second time.

Runs as the administrator before the services start: topology and users of the broker, then replica set, roles and
users of the database. The servers are those of docker-compose.yml, or those of the operator's files `management_url`
and `mongo_url` (deploy/kubernetes), whose replica set is already there.
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

_PATIENCE_SECONDS = 120.0
_ALREADY_INITIALIZED = 23

Document = dict[str, Any]


def provision(passwords: Passwords, *, broker: str, database: str) -> None:
    """Set both servers up, each `host:port`, as soon as they answer."""
    rabbitmq, mongodb = passwords["rabbitmq"], passwords["mongodb"]
    management_url = f"http://{ADMINISTRATOR}:{rabbitmq[ADMINISTRATOR]}@{broker}"
    when_it_answers(lambda: provision_broker(management_url, vhost=VHOST, passwords=_of(BROKER_USERS, rabbitmq)))
    with MongoClient[Document](
        database, username=ADMINISTRATOR, password=mongodb[ADMINISTRATOR], directConnection=True
    ) as client:
        when_it_answers(lambda: initiate(client, database))
        when_it_answers(lambda: grant(client, DATABASE, _of(SERVICES, mongodb)))


def provision_cluster(passwords: Passwords, *, management_url: str, mongo_url: str) -> None:
    """Set servers up that somebody else runs, by an administrator's URLs, as soon as they answer.

    Beside the services, the scaler gets a user: it may look at all queues and touch none.
    """
    rabbitmq, mongodb = passwords["rabbitmq"], passwords["mongodb"]
    when_it_answers(lambda: provision_broker(management_url, vhost=VHOST, passwords=_of(BROKER_USERS, rabbitmq)))
    when_it_answers(lambda: add_monitoring_user(management_url, vhost=VHOST, name=SCALER, password=rabbitmq[SCALER]))
    when_it_answers(lambda: provision_database(mongo_url, DATABASE, _of(SERVICES, mongodb)))


def initiate(client: MongoClient[Document], host: str) -> None:
    """Make the server a replica set of one if it is in none yet."""
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise


def when_it_answers(step: Callable[[], None]) -> None:
    """Try again for two minutes while the server starts up; its last answer is raised after that."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for delay in delays(first=0.2, cap=1.0):
        try:
            step()
            return
        except (StackError, ConnectionFailure) as error:
            if time.monotonic() > deadline:
                raise
            logger.info("waiting", extra={"reason": str(error) if isinstance(error, StackError) else "no primary yet"})
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
    sys.stdout.write("broker and database are set up\n")


if __name__ == "__main__":
    main()
