"""A scanner as a process of its own, that can be killed and weighed."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.logs import output_of
from tests.support.scanning import Stage


@asynccontextmanager
async def scanner_process(stage: Stage, **changes: Any) -> AsyncIterator[Process]:
    """Started with the stage's settings and these changes; killed at the end if it still runs."""
    environment = {**os.environ, **stage.environment(**changes)}
    with output_of("scanner") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.scanner", env=environment, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def megabytes(process: Process, field: str) -> float:
    """The process's own memory by a field of proc(5): `VmRSS` now, `VmHWM` at its highest."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(status.split(f"{field}:")[1].split()[0]) / 1024
