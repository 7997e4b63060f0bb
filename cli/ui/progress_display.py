"""The scans under way on standard error: live lines in a terminal, log lines elsewhere, nothing under --json."""

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
    """Shows rows; safe to be called from several threads."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear what moves; what was said stays."""

    def add(self, row: ProgressRow) -> None:
        """Show this row from now on."""

    def changed(self, row: ProgressRow) -> None:
        """The row has news; after its end it shows its outcome."""


def open_display(output: Output, *, silent: bool = False) -> ProgressDisplay:
    """The board for this terminal, or for none."""
    if silent:
        return SilentDisplay()
    return LogDisplay(output) if output.plain else LiveDisplay(output)


class SilentDisplay:
    """Shows nothing."""

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to clear."""

    def add(self, row: ProgressRow) -> None:
        """Not shown."""

    def changed(self, row: ProgressRow) -> None:
        """Not shown."""


class LiveDisplay:
    """One line a row, redrawn in place; a row's line gives way to its outcome."""

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
        """Clear the lines that move and leave the outcomes."""
        ended = [self._outcome(row) for row in self._rows if _has_ended(row)]
        self._live.stop()
        for line in ended:
            self._output.note(line)

    def add(self, row: ProgressRow) -> None:
        """Another line at the bottom."""
        self._rows.append(row)

    def changed(self, row: ProgressRow) -> None:
        """Nothing to do: the next redraw shows it."""

    def _outcome(self, row: ProgressRow) -> Text:
        said = outcome(row.task or {}, ascii_only=self._output.ascii_only)
        return said if len(self._rows) == 1 else Text.assemble(padded(row.name, self._name_cells()), "  ", said)

    def _name_cells(self) -> int:
        return max(cell_len(row.name) for row in self._rows)

    def _render(self) -> Group:
        width, height = self._output.err.size
        rows = list(self._rows)
        more = len(rows) - height + 2
        if more > 1:  # those that run matter most, then those that ended last
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
    """A line at the start of a row, every ten percent or ten seconds, and at its end."""

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
        self._said: dict[int, tuple[float, int, str]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to clear."""

    def add(self, row: ProgressRow) -> None:
        """Say that it begins."""
        self.changed(row)

    def changed(self, row: ProgressRow) -> None:
        """Say how far it is, if that is worth a line."""
        with self._lock:
            step = 0 if row.task is None else (row.percent or 0) // _PLAIN_PERCENT
            phase = "sending" if row.task is None else "lost" if row.lost else row.task["status"]
            at, said_step, said_phase = self._said.get(id(row), (-_PLAIN_SECONDS, -1, ""))
            if phase == said_phase and step == said_step and self._clock() - at < _PLAIN_SECONDS:
                return
            self._said[id(row)] = (self._clock(), step, phase)
            stamp = f"{self._now():%H:%M:%S}"
            if _has_ended(row):
                self._output.note(f"{stamp} {row.name} {outcome(row.task or {}, ascii_only=True)}")
            else:
                self._output.note(plain_line(row, stamp))


def _has_ended(row: ProgressRow) -> bool:
    return row.task is not None and row.task["status"] in TERMINAL
