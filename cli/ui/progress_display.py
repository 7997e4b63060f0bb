"""Progress of scans on standard error: live lines in a terminal, log lines elsewhere, nothing with
--json."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.cells import cell_len
from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli.client.task_status import TERMINAL
from cli.ui.console import Output, printable
from cli.ui.progress_lines import ProgressRow, live_line, outcome, padded, plain_line
from shared.formatting import count

_REDRAWS_PER_SECOND = 10
_PLAIN_SECONDS = 10.0
_PLAIN_PERCENT = 10


class ProgressDisplay(Protocol):
    """Shows rows; its methods may be called from several threads."""

    def __enter__(self) -> Self:
        """Begin to show rows."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the live lines; printed lines stay."""

    def add(self, row: ProgressRow) -> None:
        """Show this row from now on."""

    def changed(self, row: ProgressRow) -> None:
        """Show the new state of the row, and its outcome after its end."""


def open_display(output: Output, *, silent: bool = False) -> ProgressDisplay:
    """Return the display for this output."""
    if silent:
        return SilentDisplay()
    return LogDisplay(output) if output.plain else LiveDisplay(output)


class SilentDisplay:
    """Shows nothing."""

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def add(self, row: ProgressRow) -> None:
        """Do nothing."""

    def changed(self, row: ProgressRow) -> None:
        """Do nothing."""


class LiveDisplay:
    """Shows one line per row, redrawn in place; the outcome replaces the line."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._rows: list[ProgressRow] = []
        self._live = Live(
            console=output.err,
            get_renderable=self._render,
            refresh_per_second=_REDRAWS_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        """Begin to redraw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the live lines and print the outcomes."""
        ended = [self._outcome(row) for row in self._rows if _has_ended(row)]
        self._live.stop()
        for line in ended:
            self._output.note(line)

    def add(self, row: ProgressRow) -> None:
        """Add a line at the bottom."""
        self._rows.append(row)

    def changed(self, row: ProgressRow) -> None:
        """Do nothing: the next redraw shows the new state."""

    def _outcome(self, row: ProgressRow) -> Text:
        text = outcome(row.task or {}, ascii_only=self._output.ascii_only)
        return text if len(self._rows) == 1 else Text.assemble(padded(row.name, self._name_cells()), "  ", text)

    def _name_cells(self) -> int:
        return max(cell_len(row.name) for row in self._rows)

    def _render(self) -> Group:
        width, height = self._output.err.size
        rows = list(self._rows)
        more = len(rows) - height + 2
        if more > 1:  # running scans come first, then those that ended last
            kept = sorted(range(len(rows)), key=lambda index: (_has_ended(rows[index]), -index))[: max(1, height - 2)]
            rows = [rows[index] for index in sorted(kept)]
        lines = [self._line(row, width - 1) for row in rows]
        if more > 1:
            lines.append(Text(f"and {count(more)} more", style="dim"))
        return Group(*lines)

    def _line(self, row: ProgressRow, width: int) -> Text:
        if not _has_ended(row):
            line = live_line(row, width, name_cells=self._name_cells(), ascii_only=self._output.ascii_only)
        else:
            line = self._outcome(row)
            line.truncate(width)
        return printable(line, self._output.err)


class LogDisplay:
    """Prints a line at the start of a row, every ten percent or ten seconds, and at its end."""

    def __init__(
        self,
        output: Output,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
    ) -> None:
        self._output = output
        self._clock = clock
        self._now = now
        self._printed: dict[int, tuple[float, int, str]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def add(self, row: ProgressRow) -> None:
        """Print the first line of the row."""
        self.changed(row)

    def changed(self, row: ProgressRow) -> None:
        """Print a line if enough has changed since the last one."""
        with self._lock:
            step = 0 if row.task is None else (row.percent or 0) // _PLAIN_PERCENT
            phase = "sending" if row.task is None else "lost" if row.disconnected else row.task["status"]
            at, printed_step, printed_phase = self._printed.get(id(row), (-_PLAIN_SECONDS, -1, ""))
            if phase == printed_phase and step == printed_step and self._clock() - at < _PLAIN_SECONDS:
                return
            self._printed[id(row)] = (self._clock(), step, phase)
            stamp = f"{self._now():%H:%M:%S}"
            if _has_ended(row):
                self._output.note(f"{stamp} {row.name} {outcome(row.task or {}, ascii_only=True)}")
            else:
                self._output.note(plain_line(row, stamp))


def _has_ended(row: ProgressRow) -> bool:
    return row.task is not None and row.task["status"] in TERMINAL
