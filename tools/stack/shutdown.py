"""Stopping a stack from outside, whatever state its launcher left it in."""

import fcntl
import shutil
import signal

from tools.stack.layout import Layout
from tools.stack.processes import Process, find_marked, find_process, terminate
from tools.stack.stackfile import read_stack

DISCARD = signal.SIGUSR1
"""Tells a launcher to kill the servers, because their data will be deleted."""

_LAUNCHER_SECONDS = 60.0
_SERVICES_SECONDS = 20.0
_SERVERS_SECONDS = 20.0
_SERVERS = ("beam.smp", "mongod", "epmd", "erl_child_setup", "inet_gethost")


def shut_down(layout: Layout, *, purge: bool = False) -> bool:
    """Stop a stack and return whether there was anything to stop. `purge` also deletes its data,
    secrets and logs.

        With `purge` the servers are killed: RabbitMQ takes 6 s to stop cleanly.
    """
    launcher = running_launcher(layout)
    if launcher is not None:
        launcher.signal(DISCARD if purge else signal.SIGTERM)
        if not launcher.wait(_LAUNCHER_SECONDS):
            launcher.signal(signal.SIGKILL)
    remains = end_leftovers(layout, servers_grace=0.0 if purge else _SERVERS_SECONDS)
    if purge:
        for folder in (layout.data, layout.secrets, layout.logs, layout.configuration):
            shutil.rmtree(folder, ignore_errors=True)
    return launcher is not None or remains


def end_leftovers(layout: Layout, *, servers_grace: float = _SERVERS_SECONDS) -> bool:
    """End every process of this stack but the caller, services before servers; returns whether
    there was one."""
    everything = find_marked(layout.marker)
    terminate((process for process in everything if process.name not in _SERVERS), grace=_SERVICES_SECONDS)
    terminate((process for process in everything if process.name in _SERVERS), grace=servers_grace)
    while late := find_marked(layout.marker):  # started while the others ended
        terminate(late, grace=0)
    layout.stack_file.unlink(missing_ok=True)
    return bool(everything)


def running_launcher(layout: Layout) -> Process | None:
    """Return the launcher that holds the lock, or None."""
    try:
        with layout.lock_file.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return find_process(int(file.read() or 0))
            return None
    except FileNotFoundError:
        return None


def api_url(layout: Layout) -> str | None:
    """Return the address of the API if the stack is up."""
    stack = read_stack(layout.stack_file)
    return stack.api_url if stack is not None and running_launcher(layout) is not None else None
