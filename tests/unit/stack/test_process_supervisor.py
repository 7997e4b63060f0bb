"""A child that dies is started again; one that is stopped is not."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.support.waiting import SECONDS, patience
from tools.stack.files import rotate
from tools.stack.process_supervisor import Command, SupervisedProcess

WAIT = "import signal; signal.sigwait([signal.SIGUSR1])"


def command(folder: Path, code: str) -> Command:
    return Command("child", [sys.executable, "-c", code], dict(os.environ), folder / "child.log")


async def test_a_killed_child_is_started_again_and_it_is_told(tmp_path: Path) -> None:
    restarted = asyncio.Event()
    child = SupervisedProcess(command(tmp_path, WAIT), restarted.set)
    await child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    async with patience():
        await restarted.wait()
    assert child.pid not in (None, first)
    assert (child.deaths, child.last_code) == (1, -signal.SIGKILL)
    await child.stop(SECONDS)
    assert child.pid is None


async def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "deaf")
    deaf = (
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(tmp_path / 'deaf')!r}, 'w').close();"
    )
    child = SupervisedProcess(command(tmp_path, deaf + WAIT))
    await child.start()
    await asyncio.to_thread((tmp_path / "deaf").read_bytes)
    await child.stop(0.05)
    assert child.pid is None
    assert child.deaths == 0


async def test_stopping_what_never_started_does_nothing(tmp_path: Path) -> None:
    await SupervisedProcess(command(tmp_path, WAIT)).stop(1)


def test_a_log_is_put_aside_when_it_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "api-1.log"
    log.write_text("x" * 11)
    rotate(log, limit=10)
    assert not log.exists()
    assert (tmp_path / "api-1.log.1").read_text() == "x" * 11
    log.write_text("new")
    rotate(log, limit=10)
    assert log.read_text() == "new"
