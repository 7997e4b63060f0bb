"""An outside consumer for one test: a broker user of its own, with the rights that `mailtally consumers add` gives."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.messaging.external_consumers import consumer_user
from tests.support.servers import Vhost
from tools.stack.consumers import ExternalConsumers, consumer_url


@dataclass(frozen=True)
class Outsider:
    """A consumer, by its name and URL."""

    name: str
    url: str
    consumers: ExternalConsumers

    def queue(self, name: str) -> str:
        """A queue of this consumer."""
        return f"{consumer_user(self.name)}.{name}"


@contextmanager
def an_outsider(vhost: Vhost) -> Iterator[Outsider]:
    """Users belong to the whole broker, so the name is one that no other test has; it is gone afterwards."""
    consumers = ExternalConsumers(vhost.management_url, vhost=vhost.name)
    name = f"t{secrets.token_hex(6)}"
    password = consumers.add(name)
    try:
        yield Outsider(name, consumer_url(vhost.url("administrator"), name, password), consumers)
    finally:
        if any(consumer.name == name for consumer in consumers.list()):
            consumers.remove(name)
