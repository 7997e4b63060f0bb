"""The progress of one scan as text: a line for a terminal, a line for a log, and the outcome."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from cli.client.api import Json
from cli.ui.speed import ScanSpeed
from shared.formatting import count, duration, size, time_left

_BAR_CELLS = 28
_SMALLEST_BAR_CELLS = 8
_SILENT_SECONDS = 15.0


@dataclass
class ProgressRow:
    """One scan, from the first uploaded byte to the end of its task."""

    name: str
    clock: Callable[[], float] = time.monotonic
    task: Json | None = None
    sent: int = 0
    octets: int | None = None
    disconnected: bool = False
    rate: ScanSpeed = field(default_factory=ScanSpeed)
    updated_at: float | None = None

    def send(self, octets: int) -> None:
        """Count more bytes as sent to the API."""
        self.sent += octets

    def update(self, task: Json) -> None:
        """Take a newer version of the task."""
        self.task = task
        self.disconnected = False
        self.updated_at = self.clock()
        if task["status"] == "PROGRESS":
            self.rate.observe(self.clock(), task["messages_scanned"])

    @property
    def percent(self) -> int | None:
        """Return the progress, 0 to 100; None while it is unknown."""
        if self.task is None:
            return min(100, 100 * self.sent // self.octets) if self.octets else None
        if self.task["status"] == "PROGRESS" and self.task["messages_total"] is None:
            return None
        return int(self.task["progress"])

    def details(self) -> list[str]:
        """Return the details beside the percentage, most important first."""
        if self.task is None:
            total = "" if self.octets is None else f" of {size(self.octets)}"
            return [f"uploading {size(self.sent)}{total}"]
        if self.disconnected:
            return ["not live: connection lost, the scan goes on"]
        if self.task["cancel_requested_at"] is not None:
            return ["stopping after the messages in progress"]
        if self.task["status"] == "PENDING":
            queued = self.task["current_status"]
            return ["starts in a moment" if queued in ("", "Task queued") else queued[:1].lower() + queued[1:]]
        if self.task["messages_total"] is None:
            return [f"counting messages, {count(self.task['messages_scanned'])} so far"]
        done = f"{count(self.task['messages_scanned'])} of {count(self.task['messages_total'])}"
        silent = 0.0 if self.updated_at is None else self.clock() - self.updated_at
        if silent > _SILENT_SECONDS:
            return [done, f"no update for {duration(5 * (silent // 5))}"]
        return [
            done,
            *([f"{count(round(speed))}/s"] if (speed := self.rate.per_second()) else []),
            count(self.task["invoices_found"], "invoice"),
            *([time_left(left)] if (left := self.rate.seconds_left(self.task["messages_total"])) else []),
        ]


def live_line(row: ProgressRow, width: int, *, name_cells: int = 0, ascii_only: bool = False) -> Text:
    """Format the row as one line of at most `width` cells: details are dropped from the right
    before the bar shrinks below eight cells."""
    percent = "" if row.percent is None else f"{row.percent:3}%"
    details = row.details()
    while True:
        tail = "  ".join(part for part in (percent, *details) if part)
        room = width - max(name_cells, cell_len(row.name)) - len(tail) - 4
        if room >= _SMALLEST_BAR_CELLS or not details:
            break
        details.pop()
    line = Text(padded(row.name, name_cells) + "  ")
    line.append_text(_bar((row.percent or 0) / 100, max(0, min(room, _BAR_CELLS)), _style(row), ascii_only))
    line.append(f"  {tail}")
    line.truncate(width)
    return line


def padded(name: str, cells: int) -> str:
    """Pad the name with blanks to this many cells."""
    return name + " " * (cells - cell_len(name))


def plain_line(row: ProgressRow, clock_time: str) -> str:
    """Format the row for a log: ASCII, no control codes."""
    percent = "" if row.percent is None else f" {row.percent}%"
    details = row.details()
    if row.task is not None and len(details) > 1:
        done = details[0].replace(" of ", "/")
        return f"{clock_time} {row.name}{percent} {done} {', '.join([' '.join(details[1:3]), *details[3:]])}"
    return f"{clock_time} {row.name}{percent} {details[0]}"


def outcome(task: Json, *, ascii_only: bool = False) -> Text:
    """Format the end of a scan: "Done in 47 s: 682 messages, 143 invoices, 61 duplicates, 14 not
    read"."""
    if task["status"] == "FAILURE":
        return Text.assemble(("failed" if ascii_only else "✗", "red"), " Failed: ", task["error"] or "no reason given")
    result = task["result"]
    if task["status"] == "CANCELLED":
        found = task["invoices_found"]
        kept = f"{count(found, 'invoice')} found so far {'is' if found == 1 else 'are'} kept"
        text = kept if found else "no invoices were found"
        return Text.assemble(("-" if ascii_only else "⊘", "dim"), f" Cancelled: {text}")
    parts = [
        count(result["messages"], "message"),
        count(result["invoices"], "invoice"),
        *([count(result["duplicates"], "duplicate")] if result["duplicates"] else []),
        *([f"{count(result['skipped'])} skipped"] if result["skipped"] else []),
        *([f"{count(result['failed'])} not read"] if result["failed"] else []),
    ]
    seconds = duration(result["duration_seconds"])
    return Text.assemble(("ok" if ascii_only else "✓", "green"), f" Done in {seconds}: {', '.join(parts)}")


def _style(row: ProgressRow) -> str:
    if row.disconnected or row.task is None or row.task["cancel_requested_at"] is not None:
        return "dim"
    return "blue"


def _bar(share: float, cells: int, style: str, ascii_only: bool) -> Text:
    full, half, empty = ("#", "#", "-") if ascii_only else ("━", "╸", "━")
    halves = int(share * cells * 2)
    done = full * (halves // 2) + half * (halves % 2)
    return Text.assemble((done, style), (empty * (cells - len(done)), "dim"))
