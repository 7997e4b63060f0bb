"""`python -m deploy.consumers`, as it runs beside the containers' passwords."""

import argparse
import json
import secrets
from typing import Any

from deploy.consumers import run
from tests.support.servers import Vhost
from tools.stack.consumers import ExternalConsumers


def wanted(command: str, **options: Any) -> argparse.Namespace:
    return argparse.Namespace(command=command, **options)


def test_a_consumer_is_added_listed_and_removed(vhost: Vhost) -> None:
    consumers, name = ExternalConsumers(vhost.management_url, vhost=vhost.name), f"t{secrets.token_hex(6)}"
    try:
        printed = run(consumers, wanted("add", name=name, renew=False, host="127.0.0.1:5673"))
        url = printed.splitlines()[0]
        assert url.startswith(f"amqp://consumer.{name}:")
        assert url.endswith("@127.0.0.1:5673/mailtally")
        listed = [json.loads(line) for line in run(consumers, wanted("list")).splitlines()]
        assert {"name": name, "connections": 0, "queues": []} in listed
    finally:
        assert run(consumers, wanted("remove", name=name)) == f"{name} was removed.\n"
    assert name not in run(consumers, wanted("list"))
