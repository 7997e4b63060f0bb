"""Watching scans to their ends, and the question at Ctrl-C."""

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn

from cli.client.api import ApiClient, Json
from cli.client.task_status import OPEN, TERMINAL
from cli.client.task_watcher import ConnectionLost, TaskWatcher
from cli.errors import ApiProblemError, CliError, InterruptedCommandError
from cli.ui.console import Output
from cli.ui.field_text import SHORT_ID
from cli.ui.keypress import read_key
from cli.ui.progress_display import ProgressDisplay, open_display
from cli.ui.progress_lines import ProgressRow

INTERRUPTED = InterruptedCommandError.exit_code
_QUESTION = "Cancel the scan? [y] cancel it  [n] let it run on without this window  [c] keep watching "


class ScanLeftRunningError(InterruptedCommandError):
    """The person stopped watching a scan that goes on."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"The scan goes on. Watch it with: mailtally tasks watch {task_id[:SHORT_ID]}")


def watch_scan(
    api: ApiClient,
    row: ProgressRow,
    task_id: str,
    output: Output,
    *,
    silent: bool,
    each: Callable[[Json], None] | None = None,
) -> Json:
    """Show the scan until it has ended and return the ended task; `each` is called with every
    version of it.

        In a terminal Ctrl-C asks what to do. Raises `ScanLeftRunningError` when the scan is left
    running.
    """
    while True:
        try:
            with open_display(output, silent=silent) as display:
                display.add(row)
                return follow_scan(api, row, task_id, display, each)
        except KeyboardInterrupt:
            if not _keeps_watching(api, task_id, output):
                raise ScanLeftRunningError(task_id) from None


def follow_scan(
    api: ApiClient, row: ProgressRow, task_id: str, display: ProgressDisplay, each: Callable[[Json], None] | None = None
) -> Json:
    """Update the row and its display until the task has ended; returns the ended task."""
    ended: Json = {}
    for update in TaskWatcher(api).watch_one(task_id):
        if isinstance(update, ConnectionLost):
            row.disconnected = True
        else:
            ended = update
            row.update(update)
            if each is not None:
                each(update)
        display.changed(row)
    return ended


def _keeps_watching(api: ApiClient, task_id: str, output: Output) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    try:
        # A second Ctrl-C may come at any moment, also before a key can be read.
        output.err.print(_QUESTION, end="", markup=False, soft_wrap=True)
        answer = read_key().lower()
    except KeyboardInterrupt:
        answer = "n"
    output.note(answer if answer in ("y", "c") else "n")
    if answer == "y":
        try:
            api.cancel_scan(task_id)
        except ApiProblemError as problem:
            output.note(str(problem))
    return answer in ("y", "c")


def watch_all_scans(
    api: ApiClient, labels: Mapping[str, str], output: Output, *, each: Callable[[Json], None] | None
) -> NoReturn:
    """Show every open scan, and scans that begin later, until Ctrl-C. With `each`, nothing is
    shown."""
    rows: dict[str, ProgressRow] = {}
    started_at = dt.datetime.now(dt.UTC)
    if each is None and not any(next(api.scans(status=status, limit="1"), None) for status in OPEN):
        output.note("No scan is running. New scans are shown here until Ctrl-C.")
    with open_display(output, silent=each is not None) as display:
        for update in TaskWatcher(api).watch_all():
            if isinstance(update, ConnectionLost):
                for row in rows.values():
                    row.disconnected = row.task is not None and row.task["status"] not in TERMINAL
                    display.changed(row)
                continue
            task_id = update["task_id"]
            is_new = task_id not in rows
            if is_new and update["completed_at"] and dt.datetime.fromisoformat(update["completed_at"]) < started_at:
                continue  # the stream begins with the newest scan of each mailbox, even if it has ended
            row = rows.setdefault(task_id, ProgressRow(labels.get(update["account_id"]) or task_id))
            row.update(update)
            if is_new:
                display.add(row)
            else:
                display.changed(row)
            if each is not None:
                each(update)
    raise CliError("The API closed the event stream.")
