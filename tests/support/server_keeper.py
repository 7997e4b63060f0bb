"""`python -m tests.support.server_keeper FOLDER PID`: holds the servers of a test session until process PID ends.

A process of its own, so that workers can share the servers and nothing stays behind however the session ends.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from cli.stack.control import redirect_output
from cli.stack.errors import StackError
from cli.stack.files import write_private
from cli.stack.layout import Layout
from cli.stack.options import External
from cli.stack.secrets import Secrets
from cli.stack.servers import Servers
from tests.support.servers import KEEPER_PID, READY, SERVERS, ServerUrls

_GIVEN = {
    "MAILTALLY_AMQP_URL": "MAILTALLY_TEST_AMQP_URL",
    "MAILTALLY_RABBITMQ_MANAGEMENT_URL": "MAILTALLY_TEST_MANAGEMENT_URL",
    "MAILTALLY_MONGO_URL": "MAILTALLY_TEST_MONGO_URL",
}


async def keep(layout: Layout, session: int, external: External) -> None:
    """Start the servers, say so, and stop them when the session's process ends or SIGTERM comes."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_reader(os.pidfd_open(session), over.set)
    servers = Servers(layout, Secrets(layout.secrets), external, report=_say)
    try:
        await servers.start()
        urls = ServerUrls(servers.amqp_url, servers.management_url, servers.mongo_url)
        write_private(layout.local / SERVERS, json.dumps(asdict(urls)))
        _say(READY)
        redirect_output(str(layout.logs / "keeper.log"))
        await over.wait()
    finally:
        await servers.stop(grace=0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Servers that are given by MAILTALLY_TEST_*, else the machine's own programs."""
    layout = Layout(Path(sys.argv[1]))
    layout.create()
    (layout.local / KEEPER_PID).write_text(str(os.getpid()))
    given = {name: os.environ[test_name] for name, test_name in _GIVEN.items() if test_name in os.environ}
    try:
        asyncio.run(keep(layout, int(sys.argv[2]), External.from_environment(given)))
    except StackError as error:
        _say(str(error))
        return 1
    finally:
        shutil.rmtree(layout.local)
    return 0


if __name__ == "__main__":
    sys.exit(main())
