"""Processes are found by the marker alone, and ended whatever they do about signals."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.layout import MARKER
from tools.stack.processes import find_marked, find_process, terminate

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
OBEDIENT = "import signal; print(flush=True); signal.pause()"
CHILD = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {CHILD!r}]).wait()"
"""Only the child speaks: what its parent knows of it is known before it is the program that can be found."""
OUTLIVED = """
import ctypes, signal, threading
threading.Thread(target=signal.pause).start()
print(flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""
"""Its first thread ends, which /proc shows as the end of the whole process."""


@contextmanager
def running(code: str, marker: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, MARKER: marker}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_only_processes_of_this_very_stack_are_found(tmp_path: Path) -> None:
    marker = str(tmp_path / "a")
    with running(OBEDIENT, marker) as ours, running(OBEDIENT, marker + "b") as other:
        said(ours)
        said(other)
        assert [process.pid for process in find_marked(marker)] == [ours.pid]


def test_children_of_a_dead_parent_are_found(tmp_path: Path) -> None:
    with running(PARENT, str(tmp_path)) as parent:
        child = int(said(parent))
        parent.kill()
        parent.wait()
        (orphan,) = find_marked(str(tmp_path))
        assert orphan.pid == child
        terminate([orphan], grace=SECONDS)
        assert find_marked(str(tmp_path)) == []


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    with running(STUBBORN, str(tmp_path)) as process:
        said(process)
        terminate(find_marked(str(tmp_path)), grace=0.1)
        assert process.wait(timeout=SECONDS) == -9


def test_a_process_that_has_ended_is_not_running_though_nobody_waited_for_it(tmp_path: Path) -> None:
    with running(OBEDIENT, str(tmp_path)) as child:
        said(child)
        process = find_process(child.pid)
        assert process is not None
        child.kill()
        assert process.wait(SECONDS)
        assert find_process(child.pid) is None


def test_a_process_runs_until_its_last_thread_has_ended(tmp_path: Path) -> None:
    with running(OUTLIVED, str(tmp_path)) as child:
        said(child)
        stat = Path(f"/proc/{child.pid}/stat")
        eventually_sync(lambda: ") Z " in stat.read_text(encoding="ascii"))
        process = find_process(child.pid)
        assert process is not None
        assert process.is_running()
        child.kill()
        assert process.wait(SECONDS)


def test_the_caller_itself_is_never_among_them() -> None:
    code = f"import os; from tools.stack.processes import find_marked; print(find_marked(os.environ[{MARKER!r}]))"
    with running(code, "/some/stack") as process:
        assert said(process) == "[]"
