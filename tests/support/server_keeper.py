"""`python -m tests.support.server_keeper FOLDER PID`: holds the servers of a test session until process PID ends.

A process of its own, so that workers can share the servers and nothing stays behind however the session ends.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tests.support import containers
from tests.support.server_choice import choose
from tests.support.servers import KEEPER_PID, READY, SERVERS, ServerUrls
from tools.stack.control import redirect_output
from tools.stack.errors import StackError
from tools.stack.files import write_private
from tools.stack.layout import Layout
from tools.stack.options import External
from tools.stack.secrets import Secrets
from tools.stack.servers import Servers


async def keep(layout: Layout, session: int) -> None:
    """Start the servers, say so, and stop them when the session's process ends or SIGTERM comes.

    Neither interrupts a start, so that no container is left behind that was made and not yet known.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_reader(os.pidfd_open(session), over.set)
    secrets = Secrets(layout.secrets)
    with ExitStack() as started:
        choice = choose(os.environ, containers.obstacle)
        settings = dict(choice.given)
        if choice.containers:
            context = containers.running(choice.containers, secrets)
            settings |= await asyncio.to_thread(started.enter_context, context)
        await _serve(Servers(layout, secrets, External.from_environment(settings), report=_say), over)


async def _serve(servers: Servers, over: asyncio.Event) -> None:
    layout = servers.layout
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
    """Exit code 1, after a sentence that says why, when the servers cannot be had."""
    layout = Layout(Path(sys.argv[1]))
    layout.create()
    (layout.local / KEEPER_PID).write_text(str(os.getpid()))
    try:
        asyncio.run(keep(layout, int(sys.argv[2])))
    except StackError as error:
        _say(str(error))
        return 1
    finally:
        shutil.rmtree(layout.local)
    return 0


if __name__ == "__main__":
    sys.exit(main())
