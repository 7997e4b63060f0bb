"""`stack.json`: where the running stack is reached, and its processes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cli.stack.files import write_private
from cli.stack.options import with_port


@dataclass(frozen=True)
class ServiceUrls:
    """The servers as one service sees them: with its own user."""

    amqp_url: str
    mongo_url: str

    def through(self, ports: Mapping[str, int]) -> "ServiceUrls":
        """The same servers at other ports ("amqp", "mongo") of the same host, where one is given."""
        return ServiceUrls(
            amqp_url=with_port(self.amqp_url, ports["amqp"]) if "amqp" in ports else self.amqp_url,
            mongo_url=with_port(self.mongo_url, ports["mongo"]) if "mongo" in ports else self.mongo_url,
        )


@dataclass(frozen=True)
class Stack:
    """A running stack. The URLs at this level are an administrator's; lists of processes follow replica numbers."""

    api_url: str
    amqp_url: str
    mongo_url: str
    rabbitmq_management_url: str
    users: dict[str, ServiceUrls]
    processes: dict[str, list[int]] = field(default_factory=dict)
    metrics: dict[str, str | list[str]] = field(default_factory=dict)


def write_stack(path: Path, stack: Stack) -> None:
    """Write it in one step, for the owner alone: it holds passwords."""
    write_private(path, json.dumps(asdict(stack), indent=2) + "\n")


def read_stack(path: Path) -> Stack | None:
    """The stack of this file, or None when none is up."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    users = {name: ServiceUrls(**urls) for name, urls in content.pop("users").items()}
    return Stack(**content, users=users)
