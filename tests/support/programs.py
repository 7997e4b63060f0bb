"""Programs of the kit and the command line, run as their users run them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def program(
    *arguments: str, executable: str = sys.executable, **environment: str
) -> AsyncIterator[asyncio.StreamReader]:
    """A running program's standard output; it is killed at the end. What it says on standard error is the test's."""
    process = await asyncio.create_subprocess_exec(
        executable,
        *arguments,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,  # so that what it has started ends with it
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()  # reads what nobody has, so that the pipe is closed
