"""`python -m tests.support.mail_keeper FOLDER PID`: holds the mail server of a test session until
process PID ends.

A process of its own for the same reasons as `server_keeper`.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from tests.support.dovecot import Dovecot
from tests.support.servers import MAIL_KEEPER_PID, MAIL_SERVER, READY
from tools.stack.control import redirect_output
from tools.stack.errors import StackError
from tools.stack.files import write_private


async def keep(folder: Path, session: int) -> None:
    """Start the server, say so, and stop it when the session's process ends or SIGTERM comes."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_reader(os.pidfd_open(session), over.set)
    dovecot = Dovecot(_say)
    try:
        server = dovecot.start()
        write_private(folder / MAIL_SERVER, json.dumps(asdict(server)))
        _say(READY)
        redirect_output(os.devnull)
        await over.wait()
    finally:
        dovecot.stop()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the keeper.

    Returns 1, after a sentence with the reason, when the server cannot be started.
    """
    folder = Path(sys.argv[1])
    (folder / MAIL_KEEPER_PID).write_text(str(os.getpid()))
    try:
        asyncio.run(keep(folder, int(sys.argv[2])))
    except (StackError, RuntimeError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
