"""`python -m tools.stack up|down`, which `./run up` and `./run down` call."""

import argparse
import json
import sys
from pathlib import Path

from cli.client.stack_connection import StackConnection
from cli.errors import CliError
from cli.parsing.options import DEFAULT_USER
from tools.argparse_types import positive_int
from tools.stack.control import READY, SIGN_IN, redirect_output, start_detached, wait_for_running_stack
from tools.stack.errors import StackError
from tools.stack.launcher import AlreadyRunningError, launch
from tools.stack.layout import DEFAULT, Layout
from tools.stack.options import Options
from tools.stack.shutdown import shut_down


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    given = _parser().parse_args(arguments)
    layout = Layout(given.local.resolve())
    try:
        return _up(layout, given) if given.command == "up" else _down(layout, purge=given.purge)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _up(layout: Layout, given: argparse.Namespace) -> int:
    options = Options(given.scanners, given.status, given.port, given.services, given.port_overrides)
    running = wait_for_running_stack(layout)
    if running is not None:
        _print("already up")
        _print_sign_in_link(layout, running)
        _print(READY + running)
    elif given.detach:
        _print(READY + start_detached(layout, options, _print))
    else:
        try:
            launch(layout, options, _print, lambda url: _ready(layout, url, given.log))
        except AlreadyRunningError:
            return _up(layout, given)
    return 0


def _ready(layout: Layout, url: str, log: str | None) -> None:
    _print_sign_in_link(layout, url)
    _print(READY + url)
    if log is not None:
        redirect_output(log)


def _print_sign_in_link(layout: Layout, url: str) -> None:
    """Print the address of the pages with a sign-in for the operator of this machine. Prints
    nothing where people sign in elsewhere."""
    try:
        link = StackConnection.of(url, layout).sign_in_link(DEFAULT_USER, admin=True)
    except (CliError, OSError):
        return
    _print(f"{SIGN_IN}{link} (valid once, for 15 minutes; for another: ./run mailtally user link)")


def _down(layout: Layout, *, purge: bool) -> int:
    _print("stopped" if shut_down(layout, purge=purge) else "nothing was running")
    return 0


def _print(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run", description="Run the whole system on this machine.")
    parser.add_argument("--local", type=Path, default=DEFAULT.local, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything; Ctrl-C stops it")
    up.add_argument("--detach", action="store_true", help="return when everything is ready and leave it running")
    up.add_argument("--scanners", type=positive_int, default=1, metavar="N", help="scanner processes (1)")
    up.add_argument("--status", type=positive_int, default=1, metavar="N", help="status processes (1)")
    up.add_argument("--port", type=int, default=8000, help="the API's port (8000); 0 picks a free one")
    up.add_argument("--services", default="services", help=argparse.SUPPRESS)
    up.add_argument("--port-overrides", type=json.loads, default={}, help=argparse.SUPPRESS)
    up.add_argument("--log", help=argparse.SUPPRESS)
    down = commands.add_parser("down", help="stop everything, also after a crash; the data stay")
    down.add_argument("--purge", action="store_true", help="delete the data, secrets and logs as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
