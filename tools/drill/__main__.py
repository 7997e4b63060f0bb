"""`python -m tools.drill`, which `./run drill` calls."""

import argparse
import fcntl
import logging
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import CliError
from cli.ui.console import Output, open_output
from cli.ui.watch import INTERRUPTED
from shared.formatting import count
from tools.argparse_types import positive_int
from tools.drill.display import Display
from tools.drill.environment import open_environment
from tools.drill.mailboxes import cut_mailboxes
from tools.drill.plan import Plan, Size, make_plan
from tools.drill.report import as_json, print_plan, print_result
from tools.drill.runner import ChaosTest, Result
from tools.stack.errors import StackError
from tools.stack.layout import DEFAULT

_MOST_SEEDS = 10_000


def main(arguments: list[str] | None = None) -> int:
    """Run one chaos test; returns 0 when every invariant holds, 1 when one is broken or the test
    could not run."""
    given = _parser().parse_args(arguments)
    output = open_output(plain=given.plain)
    seed = random.SystemRandom().randrange(_MOST_SEEDS) if given.seed is None else given.seed
    plan = make_plan(seed, Size(given.faults, given.scans, given.users))
    logging.basicConfig(handlers=[logging.NullHandler()])  # drivers would log every fault of their servers
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        if not given.json:
            print_plan(output, plan)
        folder = given.folder.resolve()
        with _exclusive_lock(folder):
            result = _run(plan, folder, output, silent=given.json)
    except (CliError, StackError) as error:
        output.error(f"{error} (--seed {seed})")
        return 1
    except KeyboardInterrupt:
        output.note("Interrupted. Everything is stopped.")
        return INTERRUPTED
    if given.json:
        output.document(as_json(result))
    else:
        print_result(output, result)
    return 0 if result.holds else 1


def _run(plan: Plan, folder: Path, output: Output, *, silent: bool) -> Result:
    mailboxes = cut_mailboxes(DEFAULT.local / "samples", plan.size.mailboxes)
    logs = folder.with_name(f"{folder.name}-logs")
    shutil.rmtree(logs, ignore_errors=True)
    with Display(output, silent=silent) as display, open_environment(folder, display.phase) as environment:
        result = None
        try:
            result = ChaosTest(environment, plan, mailboxes, display).run()
        finally:
            if result is None or not result.holds:
                display.phase(_keep(environment.layout.logs, logs))
    return result


def _keep(current: Path, kept: Path) -> str:
    """Copy the logs and return a sentence about them. The stack still runs, so a file may vanish
    meanwhile."""
    try:
        shutil.copytree(current, kept)
    except shutil.Error as error:
        return f"The logs of this run, {count(len(error.args[0]), 'file')} missing: {kept}"
    return f"The logs of this run: {kept}"


@contextmanager
def _exclusive_lock(folder: Path) -> Iterator[None]:
    """Allow one chaos test in a folder at a time: each begins and ends with an empty folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CliError("A chaos test is already running.") from None
        yield


def _parser() -> argparse.ArgumentParser:
    usual = Size()
    parser = argparse.ArgumentParser(
        prog="./run drill",
        description="Run a chaos test: faults under load in a stack of its own, then checks of what must hold.",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed plans the same faults (random)")
    parser.add_argument(
        "--faults", type=positive_int, default=usual.faults, metavar="N", help=f"faults ({usual.faults})"
    )
    parser.add_argument("--scans", type=positive_int, default=usual.scans, metavar="N", help=f"scans ({usual.scans})")
    parser.add_argument("--users", type=positive_int, default=usual.users, metavar="N", help=f"users ({usual.users})")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--plain", action="store_true", help="lines for a log, ASCII only")
    parser.add_argument("--folder", type=Path, default=DEFAULT.local / "drill", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
