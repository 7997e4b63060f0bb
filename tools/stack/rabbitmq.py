"""The RabbitMQ node of a stack: own name service, cookie, ports and data, on the loopback interface
only."""

import asyncio
import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.access import BROKER_USERS
from shared.messaging.topology import broker_definitions
from tools.stack.binaries import RabbitBinaries
from tools.stack.errors import StackError
from tools.stack.files import tail, write_private
from tools.stack.layout import Layout
from tools.stack.ports import remembered_ports
from tools.stack.process_supervisor import Command, OnRestart, SupervisedProcess
from tools.stack.secrets import ADMINISTRATOR, Secrets

VHOST = "mailtally"
NODE = "mailtally@localhost"
"""The same in every stack: each has its own name service, and the data survive a move of the
checkout."""

_PORTS = ("amqp", "management", "prometheus", "distribution", "epmd")
_START_SECONDS = 180.0
_STOP_SECONDS = 20.0

# Modules are looked up in a hundred folders at each start, and each look waits for an I/O thread:
# with that wait busy the start is a second shorter. No busier than this, though: the spinning
# threads would take the processor time that the services and the database need all the while (2
# virtual cores). Two schedulers do for one machine's load.
_EMULATOR = "+S 2:2 +sbwt very_short +sbwtdcpu none +sbwtdio short"


@dataclass(frozen=True)
class Addresses:
    """The ports of the node."""

    amqp: int
    management: int

    def url(self, user: str, password: str, vhost: str = VHOST) -> str:
        """Return the AMQP URL of a user."""
        return f"amqp://{user}:{quote(password, safe='')}@127.0.0.1:{self.amqp}/{quote(vhost, safe='')}"

    def management_url(self, password: str) -> str:
        """Return the management API's URL with the administrator's login."""
        return f"http://{ADMINISTRATOR}:{quote(password, safe='')}@127.0.0.1:{self.management}"


class RabbitMQ:
    """The node of one stack, with the whole topology declared before its first client can
    connect."""

    def __init__(self, layout: Layout, secrets: Secrets, binaries: RabbitBinaries, on_restart: OnRestart) -> None:
        self._layout = layout
        self._secrets = secrets
        self._ports = remembered_ports(layout.ports_file("rabbitmq"), _PORTS)
        self.addresses = Addresses(self._ports["amqp"], self._ports["management"])
        environment = self._environment(binaries)
        epmd = [str(binaries.epmd), "-port", str(self._ports["epmd"]), "-address", "127.0.0.1"]
        self.log = layout.logs / "rabbitmq.log"
        self._epmd = SupervisedProcess(Command("epmd", epmd, environment, layout.logs / "epmd.log"))
        # Its database writes crash dumps into the current folder.
        self._node = SupervisedProcess(
            Command("rabbitmq", [str(binaries.server)], environment, self.log, layout.logs), on_restart
        )

    @property
    def pids(self) -> list[int]:
        """Return the node's process id; empty while it is being restarted."""
        return [self._node.pid] if self._node.pid is not None else []

    async def start(self) -> None:
        """Start and wait until it accepts clients. Raises `StackError` when it does not."""
        self._write_configuration()
        await self._epmd.start()
        await self._node.start()
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await _accepts(self.addresses.amqp):
                    if self._node.deaths:
                        raise StackError(f"RabbitMQ did not start:\n{tail(self.log)}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise StackError(f"RabbitMQ did not start within {_START_SECONDS:.0f} s:\n{tail(self.log)}") from None

    async def stop(self, grace: float = _STOP_SECONDS) -> None:
        """Stop the node, then its name service. Without grace both are killed, which may lose newly
        declared queues."""
        await self._node.stop(grace)
        await self._epmd.stop(grace)

    def _write_configuration(self) -> None:
        folder = self._layout.configuration
        home = folder / "rabbitmq-home"
        home.mkdir(mode=0o700, exist_ok=True)
        cookie = home / ".erlang.cookie"
        cookie.unlink(missing_ok=True)
        write_private(cookie, self._secrets["erlang-cookie"])
        definitions = folder / "definitions.json"
        write_private(definitions, json.dumps(self._definitions()))
        write_private(folder / "enabled_plugins", "[rabbitmq_management,rabbitmq_prometheus].\n")
        write_private(folder / "rabbitmq-env.conf", "")
        settings = {
            "listeners.tcp.default": f"127.0.0.1:{self._ports['amqp']}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": self._ports["management"],
            "prometheus.tcp.ip": "127.0.0.1",
            "prometheus.tcp.port": self._ports["prometheus"],
            "load_definitions": definitions,
            "log.console": "false",
            "log.file": self._layout.logs / "rabbitmq-node.log",
            "log.file.rotation.size": 10 * 1024 * 1024,
            "log.file.rotation.count": 1,
            "vm_memory_high_watermark.absolute": "1GB",
            "raft.wal_max_size_bytes": 64 * 1024 * 1024,
        }
        write_private(folder / "rabbitmq.conf", "".join(f"{name} = {value}\n" for name, value in settings.items()))

    def _definitions(self) -> dict[str, Any]:
        users = {user: self._secrets[f"rabbitmq-{user}"] for user in BROKER_USERS}
        administrator = (ADMINISTRATOR, self._secrets[f"rabbitmq-{ADMINISTRATOR}"])
        return broker_definitions(vhost=VHOST, users=users, administrator=administrator)

    def _environment(self, binaries: RabbitBinaries) -> dict[str, str]:
        folder, data = self._layout.configuration, self._layout.data / "rabbitmq"
        foreign = ("RABBITMQ_", "ERL_", "NOTIFY_SOCKET")
        kept = {name: value for name, value in self._layout.environment().items() if not name.startswith(foreign)}
        return kept | {
            "PATH": f"{binaries.epmd.parent}:{kept.get('PATH', os.defpath)}",
            "HOME": str(folder / "rabbitmq-home"),
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP": str(self._layout.logs / "rabbitmq-crash.dump"),
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_DIST_PORT": str(self._ports["distribution"]),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(data),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(data / "config"),
            "RABBITMQ_PID_FILE": str(data / "pid"),
            "RABBITMQ_LOG_BASE": str(self._layout.logs),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{127,0,0,1}} {_EMULATOR}",
            # The script then becomes the node itself instead of a parent that would have to forward
            # signals.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
