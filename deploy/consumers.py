"""External consumers of an installation in containers.

    docker compose run --rm --no-deps provision python -m deploy.consumers add NAME

`add NAME [--renew] [--host HOST:PORT]`, `list`, `remove NAME`. It runs where the administrator's
passwords are.
"""

import argparse
import json
import sys

from deploy.make_secrets import ADMINISTRATOR, FOLDER, VHOST, Passwords
from tools.stack.consumers import ExternalConsumers, consumer_url, snippet
from tools.stack.errors import StackError


def main() -> None:
    """Run the command; on failure print one sentence to standard error and exit 1."""
    parser = argparse.ArgumentParser(prog="consumers", description="Manage external consumers of the events.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a consumer and print its URL, which is shown only once")
    add.add_argument("name")
    add.add_argument("--renew", action="store_true", help="give an existing consumer a new password")
    add.add_argument("--host", default="rabbitmq:5672", help="the broker as the consumer reaches it")
    commands.add_parser("list", help="list the consumers with their queues, as JSON lines")
    commands.add_parser("remove", help="remove a consumer and its queues").add_argument("name")
    arguments = parser.parse_args()
    passwords: Passwords = json.loads((FOLDER / "operator" / "passwords.json").read_text(encoding="utf-8"))
    administrator = f"{ADMINISTRATOR}:{passwords['rabbitmq'][ADMINISTRATOR]}"
    consumers = ExternalConsumers(f"http://{administrator}@rabbitmq:15672", vhost=VHOST)
    try:
        sys.stdout.write(run(consumers, arguments))
    except StackError as error:
        sys.exit(str(error))


def run(consumers: ExternalConsumers, arguments: argparse.Namespace) -> str:
    """Run the command and return its output."""
    if arguments.command == "add":
        password = consumers.add(arguments.name, renew=arguments.renew)
        url = consumer_url(f"amqp://{arguments.host}/{VHOST}", arguments.name, password)
        return f"{url}\n\n{snippet(url, arguments.name)}"
    if arguments.command == "remove":
        consumers.remove(arguments.name)
        return f"{arguments.name} was removed.\n"
    return "".join(
        json.dumps(
            {"name": consumer.name, "connections": consumer.connections, "queues": [vars(q) for q in consumer.queues]}
        )
        + "\n"
        for consumer in consumers.list()
    )


if __name__ == "__main__":
    main()
