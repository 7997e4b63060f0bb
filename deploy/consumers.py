"""`docker compose run --rm --no-deps provision python -m deploy.consumers add NAME`: lets another system read events.

`add NAME [--renew] [--host HOST:PORT]`, `list`, `remove NAME`. Runs where the administrator's passwords are.
"""

import argparse
import json
import sys

from deploy.make_secrets import ADMINISTRATOR, FOLDER, VHOST, Passwords
from tools.stack.consumers import ExternalConsumers, consumer_url, snippet
from tools.stack.errors import StackError


def main() -> None:
    """Do it, or say in one sentence on standard error why not, and exit 1."""
    parser = argparse.ArgumentParser(prog="consumers", description="Systems that read the events.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add one and print its URL, this once")
    add.add_argument("name")
    add.add_argument("--renew", action="store_true", help="give one that exists a new password")
    add.add_argument("--host", default="rabbitmq:5672", help="the broker as the consumer reaches it")
    commands.add_parser("list", help="list them with their queues, as JSON lines")
    commands.add_parser("remove", help="remove one and its queues").add_argument("name")
    wanted = parser.parse_args()
    passwords: Passwords = json.loads((FOLDER / "operator" / "passwords.json").read_text(encoding="utf-8"))
    administrator = f"{ADMINISTRATOR}:{passwords['rabbitmq'][ADMINISTRATOR]}"
    consumers = ExternalConsumers(f"http://{administrator}@rabbitmq:15672", vhost=VHOST)
    try:
        sys.stdout.write(run(consumers, wanted))
    except StackError as error:
        sys.exit(str(error))


def run(consumers: ExternalConsumers, wanted: argparse.Namespace) -> str:
    """What the command prints."""
    if wanted.command == "add":
        password = consumers.add(wanted.name, renew=wanted.renew)
        url = consumer_url(f"amqp://{wanted.host}/{VHOST}", wanted.name, password)
        return f"{url}\n\n{snippet(url, wanted.name)}"
    if wanted.command == "remove":
        consumers.remove(wanted.name)
        return f"{wanted.name} is removed\n"
    return "".join(
        json.dumps({"name": found.name, "connections": found.connections, "queues": [vars(q) for q in found.queues]})
        + "\n"
        for found in consumers.list()
    )


if __name__ == "__main__":
    main()
