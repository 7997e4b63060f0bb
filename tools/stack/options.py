"""The options of `./run up`, and URLs of servers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tools.stack.errors import StackError

DATABASE = "mailtally"


@dataclass(frozen=True)
class Options:
    """Replicas, the API's port (0: a free one) and the package of the services' modules.

        `port_overrides`: ports that a service uses instead of the servers' own: service -> server
    ("amqp", "mongo") -> port.
    """

    scanners: int = 1
    status: int = 1
    port: int = 8000
    services: str = "services"
    port_overrides: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def replicas(self) -> dict[str, int]:
        """Return the number of processes of each service."""
        return {"api": 1, "webhooks": 1, "scanner": self.scanners, "status": self.status}


@dataclass(frozen=True)
class External:
    """Servers that already run, by their administrators' URLs; None where the stack starts its
    own."""

    amqp_url: str | None
    management_url: str | None
    mongo_url: str | None
    database: str

    @property
    def vhost(self) -> str:
        """Return the virtual host of the AMQP URL."""
        return unquote(urlsplit(self.amqp_url or "").path[1:]) or "/"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "External":
        """Read MAILTALLY_AMQP_URL, _RABBITMQ_MANAGEMENT_URL, _MONGO_URL and _MONGO_DATABASE. Raises
        `StackError`."""
        amqp_url = environment.get("MAILTALLY_AMQP_URL") or None
        management_url = environment.get("MAILTALLY_RABBITMQ_MANAGEMENT_URL") or None
        if amqp_url and not management_url:
            raise StackError(
                "MAILTALLY_AMQP_URL is set, so MAILTALLY_RABBITMQ_MANAGEMENT_URL (http://user:password@host:15672) "
                "is needed as well: exchanges, queues and users are declared through it."
            )
        if amqp_url and management_url and urlsplit(management_url).username is None:
            management_url = with_user(management_url, *_credentials(amqp_url))
        return cls(
            amqp_url=amqp_url,
            management_url=management_url if amqp_url else None,
            mongo_url=environment.get("MAILTALLY_MONGO_URL") or None,
            database=environment.get("MAILTALLY_MONGO_DATABASE") or DATABASE,
        )


def with_user(url: str, user: str, password: str) -> str:
    """Return the URL with another user; both parts are escaped already or need no escaping."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


def with_database_user(url: str, user: str, password: str, source: str) -> str:
    """Return the MongoDB URL for a user of the database `source`."""
    parts = urlsplit(with_user(url, user, password))
    kept = [option for option in parts.query.split("&") if option and not option.lower().startswith("authsource=")]
    return parts._replace(path="/", query="&".join([*kept, f"authSource={source}"])).geturl()


def with_port(url: str, port: int) -> str:
    """Return the URL with another port of the same host."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def _credentials(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.username or "guest", parts.password or "guest"
