"""`python -m tools.demo`, which `./run demo` calls."""

import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cli.client.stack_connection import StackConnection
from cli.errors import CliError
from cli.ui.console import Output, open_output
from cli.ui.watch import INTERRUPTED
from samples import make
from tools.demo.expected import read_expected
from tools.demo.output import print_report
from tools.demo.scans import USERS, scan_all
from tools.stack.control import SIGN_IN, start_detached
from tools.stack.errors import StackError
from tools.stack.layout import DEFAULT, Layout
from tools.stack.options import Options
from tools.stack.shutdown import shut_down

_LAYOUT = Layout(DEFAULT.local / "demo")
_SAMPLES = DEFAULT.local / "samples"


def main() -> int:
    """Run the demo; returns 0 when every scan is done and at least nine in ten invoices were
    found."""
    output = open_output()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    try:
        with _exclusive_lock():
            output.note("Making the sample mailboxes")
            make(_SAMPLES)
            with _stack(output) as connection:
                output.note(f"{len(USERS)} users scan their mailboxes at the same time")
                results = scan_all(connection, _SAMPLES, output)
                passed = print_report(output, results, read_expected(_SAMPLES / "truth.jsonl"))
    except (CliError, StackError) as error:
        output.error(str(error))
        return 1
    except KeyboardInterrupt:
        output.note("Interrupted. Everything is stopped.")
        return INTERRUPTED
    output.line(f"Finished in {time.monotonic() - begun:.0f} s. Everything is stopped.")
    output.line("To scan your own mail and to use the pages: ./run up")
    return 0 if passed else 1


@contextmanager
def _exclusive_lock() -> Iterator[None]:
    """Allow one demo of this checkout at a time: each begins and ends with an empty folder."""
    with (DEFAULT.local / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CliError("A demo is already running.") from None
        yield


@contextmanager
def _stack(output: Output) -> Iterator[StackConnection]:
    """Start a stack for the demo beside any other; nothing of it is left afterwards."""
    shut_down(_LAYOUT, purge=True)
    try:
        url = start_detached(_LAYOUT, Options(scanners=2, port=0), lambda line: _note(output, line))
        yield StackConnection.of(url, _LAYOUT)
    finally:
        shut_down(_LAYOUT, purge=True)
        shutil.rmtree(_LAYOUT.local, ignore_errors=True)


def _note(output: Output, line: str) -> None:
    """Show the progress of the start, without the sign-in link: the demo's pages end with it."""
    if not line.startswith(SIGN_IN):
        output.note(line)


if __name__ == "__main__":
    sys.exit(main())
