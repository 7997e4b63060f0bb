"""The deployment that is checked: the stack of this machine, or the servers of the environment's
variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from cli.errors import CliError
from tools.stack.layout import Layout
from tools.stack.options import DATABASE, with_user
from tools.stack.shutdown import api_url
from tools.stack.stackfile import ServiceUrls, Stack, read_stack

_AGAIN = "run ./run down, then ./run up: it declares what is missing"
_PROVISION = "run python -m deploy.provision as the administrator: it declares what is missing"


@dataclass(frozen=True)
class Target:
    """Addresses are an administrator's; None if unknown. `users`: the services' own logins, as far
    as they are known. `health`: replica -> URL of its health endpoints. `layout`: the files of a
    stack of this machine."""

    amqp_url: str | None = field(default=None, repr=False)
    management_url: str | None = field(default=None, repr=False)
    mongo_url: str | None = field(default=None, repr=False)
    database: str = DATABASE
    users: Mapping[str, ServiceUrls] = field(default_factory=dict, repr=False)
    health: Mapping[str, str] = field(default_factory=dict)
    layout: Layout | None = None

    @property
    def vhost(self) -> str:
        """Return the virtual host of the AMQP URL."""
        return unquote(urlsplit(self.amqp_url or "").path[1:]) or "/"

    @property
    def declare(self) -> str:
        """Return how to declare what is missing on the servers."""
        return _PROVISION if self.layout is None else _AGAIN

    def restart(self, service: str) -> str:
        """Return how to restart a service."""
        return f"restart the {service} service" if self.layout is None else "run ./run down, then ./run up"


def find_target(layout: Layout, environ: Mapping[str, str], health: Sequence[str] = ()) -> Target:
    """Return the deployment that the variables name, else the stack of this machine. Raises
    `CliError` if there is neither."""
    stack = read_stack(layout.stack_file) if api_url(layout) is not None else None
    amqp, mongo = environ.get("MAILTALLY_AMQP_URL"), environ.get("MAILTALLY_MONGO_URL")
    if stack is not None and amqp in (None, "", stack.amqp_url) and mongo in (None, "", stack.mongo_url):
        return _of_stack(stack, layout, environ.get("MAILTALLY_MONGO_DATABASE") or DATABASE, health)
    if not (amqp or mongo):
        raise CliError(
            "Mailtally is not running on this machine. Start it with ./run up --detach, or name the servers "
            "with MAILTALLY_AMQP_URL, MAILTALLY_RABBITMQ_MANAGEMENT_URL and MAILTALLY_MONGO_URL."
        )
    management = environ.get("MAILTALLY_RABBITMQ_MANAGEMENT_URL") or None
    if management and amqp and urlsplit(management).username is None:
        parts = urlsplit(amqp)
        management = with_user(management, parts.username or "guest", parts.password or "guest")
    return Target(
        amqp_url=amqp or None,
        management_url=management,
        mongo_url=mongo or None,
        database=environ.get("MAILTALLY_MONGO_DATABASE") or DATABASE,
        health={_host(url): url for url in health},
    )


def _of_stack(stack: Stack, layout: Layout, database: str, health: Sequence[str]) -> Target:
    replicas = {}
    for service, metrics in stack.metrics.items():
        for number, url in enumerate([metrics] if isinstance(metrics, str) else metrics, start=1):
            replicas[f"{service}-{number}"] = url.removesuffix("/metrics")
    return Target(
        amqp_url=stack.amqp_url,
        management_url=stack.rabbitmq_management_url,
        mongo_url=stack.mongo_url,
        database=database,
        users=stack.users,
        health=replicas | {_host(url): url for url in health},
        layout=layout,
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url
