"""Several users who scan at the same time, each with an API client and a progress line."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.client.api import Json
from cli.client.stack_connection import StackConnection
from cli.errors import CliError
from cli.mailboxes.local_source import open_source
from cli.mailboxes.upload import upload_and_scan
from cli.ui.console import Output
from cli.ui.progress_display import ProgressDisplay, open_display
from cli.ui.progress_lines import ProgressRow
from cli.ui.watch import follow_scan

USERS = ("ada", "bruno", "chiara")


@dataclass
class UserScan:
    """One user's scan: its ended task and invoices, or the error that ended it."""

    user: str
    seconds: float = 0.0
    task: Json | None = None
    invoices: list[Json] = field(default_factory=list)
    error: CliError | None = None


def scan_all(connection: StackConnection, folder: Path, output: Output) -> list[UserScan]:
    """Scan `<user>.mbox` of every user at once and return when all have ended."""
    scans = [UserScan(user) for user in USERS]
    with open_display(output) as display:
        # Daemon threads: nothing waits for them after Ctrl-C.
        threads = [
            threading.Thread(target=_run, args=(connection, folder, scan, display), daemon=True) for scan in scans
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return scans


def _run(connection: StackConnection, folder: Path, scan: UserScan, display: ProgressDisplay) -> None:
    mailbox = open_source(str(folder / f"{scan.user}.mbox"))
    row = ProgressRow(mailbox.label, octets=mailbox.octets)
    display.add(row)
    begun = time.monotonic()
    try:
        with connection.user(scan.user) as api:
            task = upload_and_scan(api, mailbox, row, display)
            scan.task = follow_scan(api, row, task["task_id"], display)
            scan.seconds = time.monotonic() - begun
            scan.invoices = list(api.invoices(task_id=task["task_id"]))
    except CliError as error:
        scan.error = error
