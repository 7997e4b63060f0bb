"""Free TCP ports on the loopback interface, kept from one start to the next if possible."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

from tools.stack.files import write_private

_RANGE = range(20_000, 32_000)
"""Below the kernel's ephemeral ports, so that no outgoing connection takes a port between the check
and its use."""

_random = random.SystemRandom()


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Return `count` different free ports; never a standard port of RabbitMQ or MongoDB."""
    found: list[int] = []
    while len(found) < count:
        port = _random.choice(_RANGE)
        if port not in (*found, 25672, 27017, 27018, 27019) and is_free(port):
            found.append(port)
    return found


def remembered_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """Return a port for each name: those kept in `file` if all are still free, else new ones."""
    known = known_ports(file)
    if set(known) == set(names) and all(map(is_free, known.values())):
        return known
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    write_private(file, json.dumps(ports))
    return ports


def known_ports(file: Path) -> dict[str, int]:
    """Return the ports kept in `file`; empty if it does not exist."""
    if not file.exists():
        return {}
    ports: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    return ports
