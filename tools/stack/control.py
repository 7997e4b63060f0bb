"""Starting a stack that stays, from any program: the launcher runs detached from the terminal."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from tools.stack.errors import StackError
from tools.stack.files import rotate
from tools.stack.layout import PROJECT, Layout
from tools.stack.options import Options
from tools.stack.shutdown import api_url, running_launcher

READY = "ready "
"""What the launcher's line starts with when everything is ready; the API's address follows."""

SIGN_IN = "open "
"""What the line before it starts with that has a sign-in for a browser."""

_OTHER_START_SECONDS = 320.0


def start_detached(
    layout: Layout,
    options: Options,
    report: Callable[[str], None],
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Start a stack in the background and return the API's address once everything is ready.

    `environment` holds the services' settings. A stack that is up already is left as it is, and its address returned.
    Raises `StackError`, with the end of the log of what did not start; nothing is left running then.
    """
    layout.create()
    up = wait_for_running_stack(layout)
    if up is not None:
        return up
    log = layout.logs / "launcher.log"
    rotate(log)
    arguments = [sys.executable, "-m", "tools.stack", "--local", str(layout.local.resolve()), "up", "--log", str(log)]
    arguments += ["--scanners", str(options.scanners), "--status", str(options.status), "--port", str(options.port)]
    launcher = subprocess.Popen(
        [*arguments, "--services", options.services, "--detours", json.dumps(options.port_overrides)],
        cwd=PROJECT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        return _relay(launcher, report)
    except BaseException:
        launcher.send_signal(signal.SIGTERM)
        launcher.wait()
        raise


def wait_for_running_stack(layout: Layout) -> str | None:
    """The address of a stack that is up or being started by another launcher; None when there is none."""
    deadline = time.monotonic() + _OTHER_START_SECONDS
    while running_launcher(layout) is not None:
        url = api_url(layout)
        if url is not None:
            return url
        if time.monotonic() > deadline:
            raise StackError("Another start of this stack is under way and does not get ready: try ./run down.")
        time.sleep(0.1)
    return None


def redirect_output(log: str) -> None:
    """Send this process's output to a file from now on: whoever waited for it to be ready reads no further."""
    sys.stdout.flush()
    sys.stderr.flush()
    with open(log, "ab") as file:  # noqa: PTH123 (a descriptor is needed, not a path)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _relay(launcher: "subprocess.Popen[str]", report: Callable[[str], None]) -> str:
    lines = []
    assert launcher.stdout is not None  # noqa: S101 (a pipe was asked for)
    for line in launcher.stdout:
        text = line.rstrip("\n")
        if text.startswith(READY):
            return text.removeprefix(READY)
        lines.append(text)
        report(text)
    code = launcher.wait()
    raise StackError(f"The stack did not start (exit code {code}).")
