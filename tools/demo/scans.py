"""Several users who scan at the same time, each with a client and a line of their own."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.client.api import Json
from cli.client.stack_connection import Door
from cli.errors import CliError
from cli.mailboxes.local_source import open_source
from cli.mailboxes.upload import send_and_start
from cli.ui.console import Output
from cli.ui.progress_display import Board, open_board
from cli.ui.progress_lines import Row
from cli.ui.watch import follow_to_end

USERS = ("ada", "bruno", "chiara")


@dataclass
class UserScan:
    """One user's scan: its ended task and invoices, or the error that kept them away."""

    user: str
    seconds: float = 0.0
    task: Json | None = None
    invoices: list[Json] = field(default_factory=list)
    error: CliError | None = None


def scan_all(door: Door, folder: Path, output: Output) -> list[UserScan]:
    """Scan `<user>.mbox` of every user at once and return when all have ended."""
    scans = [UserScan(user) for user in USERS]
    with open_board(output) as board:
        # Daemons: after Ctrl-C nobody waits for them.
        threads = [threading.Thread(target=_run, args=(door, folder, scan, board), daemon=True) for scan in scans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return scans


def _run(door: Door, folder: Path, scan: UserScan, board: Board) -> None:
    mailbox = open_source(str(folder / f"{scan.user}.mbox"))
    row = Row(mailbox.label, octets=mailbox.octets)
    board.add(row)
    begun = time.monotonic()
    try:
        with door.user(scan.user) as api:
            task = send_and_start(api, mailbox, row, board)
            scan.task = follow_to_end(api, row, task["task_id"], board)
            scan.seconds = time.monotonic() - begun
            scan.invoices = list(api.invoices(task_id=task["task_id"]))
    except CliError as error:
        scan.error = error
