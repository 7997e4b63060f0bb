"""Starting a stack that keeps running: the launcher is detached from the terminal."""

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
"""The beginning of the line that the launcher prints when everything is ready; the API's address
follows."""

SIGN_IN = "open "
"""The beginning of the line before it, which has a sign-in link for a browser."""

_OTHER_START_SECONDS = 320.0


def start_detached(
    layout: Layout,
    options: Options,
    report: Callable[[str], None],
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Start a stack in the background and return the API's address once everything is ready.

        `environment` holds the services' settings. If the stack is already up, its address is
    returned. Raises `StackError` with the end of the log of what did not start; nothing is left
    running then.
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
        [*arguments, "--services", options.services, "--port-overrides", json.dumps(options.port_overrides)],
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
    """Return the address of a stack that is up or is being started by another launcher; None if
    there is none."""
    deadline = time.monotonic() + _OTHER_START_SECONDS
    while running_launcher(layout) is not None:
        url = api_url(layout)
        if url is not None:
            return url
        if time.monotonic() > deadline:
            raise StackError("Another process is starting this stack and does not finish. Stop it with: ./run down")
        time.sleep(0.1)
    return None


def redirect_output(log: str) -> None:
    """Send the output of this process to a file from now on: the process that waited for it has
    stopped reading."""
    sys.stdout.flush()
    sys.stderr.flush()
    with open(log, "ab") as file:  # noqa: PTH123 (a descriptor is needed, not a path)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _relay(launcher: "subprocess.Popen[str]", report: Callable[[str], None]) -> str:
    lines = []
    assert launcher.stdout is not None  # noqa: S101 (set by PIPE)
    for line in launcher.stdout:
        text = line.rstrip("\n")
        if text.startswith(READY):
            return text.removeprefix(READY)
        lines.append(text)
        report(text)
    code = launcher.wait()
    raise StackError(f"The stack did not start (exit code {code}).")
