"""`stack.json`: the addresses and processes of the running stack."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tools.stack.files import write_private
from tools.stack.options import with_port


@dataclass(frozen=True)
class ServiceUrls:
    """The servers' URLs with the user of one service. The api has a second AMQP user for dead
    letters."""

    amqp_url: str
    mongo_url: str
    operator_amqp_url: str | None = None

    def with_ports(self, ports: Mapping[str, int]) -> "ServiceUrls":
        """Return the URLs with other ports ("amqp", "mongo") of the same host, where given."""
        moved = {
            "amqp_url": ("amqp", self.amqp_url),
            "mongo_url": ("mongo", self.mongo_url),
            "operator_amqp_url": ("amqp", self.operator_amqp_url),
        }
        return replace(
            self,
            **{name: with_port(url, ports[server]) for name, (server, url) in moved.items() if url and server in ports},
        )


@dataclass(frozen=True)
class Stack:
    """A running stack. The URLs at this level are an administrator's; lists of processes are in the
    order of replica numbers."""

    api_url: str
    amqp_url: str
    mongo_url: str
    rabbitmq_management_url: str
    users: dict[str, ServiceUrls]
    processes: dict[str, list[int]] = field(default_factory=dict)
    metrics: dict[str, str | list[str]] = field(default_factory=dict)


def write_stack(path: Path, stack: Stack) -> None:
    """Write it in one step, for the owner alone: it holds passwords."""
    content = asdict(stack, dict_factory=lambda fields: {name: value for name, value in fields if value is not None})
    write_private(path, json.dumps(content, indent=2) + "\n")


def read_stack(path: Path) -> Stack | None:
    """Return the stack of this file, or None when none is up."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    users = {name: ServiceUrls(**urls) for name, urls in content.pop("users").items()}
    return Stack(**content, users=users)
