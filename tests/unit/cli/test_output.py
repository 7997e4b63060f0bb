"""Boards and streams: what goes where, and how it looks without a terminal."""

import datetime as dt
import io
import json

import pytest
from rich.console import Console, ConsoleDimensions

from cli.ui.console import Output, open_output
from cli.ui.progress_display import LiveDisplay, LogDisplay, SilentDisplay, open_display
from cli.ui.progress_lines import ProgressRow
from tests.unit.cli.builders import done_task, task


def _output(*, terminal: bool) -> Output:
    err = Console(file=io.StringIO(), force_terminal=terminal, width=100, highlight=False, legacy_windows=False)
    return Output(out=Console(file=io.StringIO()), err=err, plain=not terminal)


def _said(output: Output) -> str:
    assert isinstance(output.err.file, io.StringIO)
    return output.err.file.getvalue()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_log_has_a_line_at_the_start_each_ten_percent_or_ten_seconds_and_the_end() -> None:
    output, clock = _output(terminal=False), Clock()
    now = dt.datetime(2026, 11, 12, 14, 2, 31, tzinfo=dt.UTC)
    display, row = LogDisplay(output, clock=clock, now=lambda: now), ProgressRow("a.mbox", clock=clock)
    row.update(task(status="PENDING", progress=0, current_status="Task queued"))
    with display:
        display.add(row)
        for progress in range(30):
            row.update(task(progress=progress, messages_scanned=0))
            display.changed(row)
        clock.now += 10
        display.changed(row)
        row.update(done_task())
        display.changed(row)
    assert [line.split()[2] for line in _said(output).splitlines()] == ["0%", "0%", "10%", "20%", "29%", "ok"]
    assert _said(output).isascii()
    assert "\x1b" not in _said(output)


def test_the_live_lines_give_way_to_the_outcomes() -> None:
    output = _output(terminal=True)
    row, other = ProgressRow("a.mbox"), ProgressRow("other.mbox")
    with LiveDisplay(output) as display:
        for added in (row, other):
            display.add(added)
            added.update(task())
            added.update(done_task())
    ended = _said(output).rsplit("\x1b[2K", 1)[-1].splitlines()
    assert [line.split()[0] for line in ended if line.strip("\x1b[?25h ")] == ["a.mbox", "other.mbox"]


def test_a_terminal_gets_live_lines_a_pipe_gets_a_log_and_json_gets_nothing() -> None:
    assert isinstance(open_display(_output(terminal=True)), LiveDisplay)
    assert isinstance(open_display(_output(terminal=False)), LogDisplay)
    assert isinstance(open_display(_output(terminal=True), silent=True), SilentDisplay)


def test_a_dumb_terminal_is_plain() -> None:
    output = open_output(environ={"TERM": "dumb"})
    assert output.plain
    assert not output.err.is_terminal


def test_json_keeps_letters_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    open_output(environ={}).document({"vendor": "Stadtwerke Köln"}, indent=None)
    assert json.loads(said := capsys.readouterr().out) == {"vendor": "Stadtwerke Köln"}
    assert "Köln" in said


def test_what_a_terminal_would_obey_is_shown_and_not_obeyed() -> None:
    output = _output(terminal=True)
    output.note("Kestrel\x1b[2J Ltd\x9b31m")
    assert _said(output) == "Kestrel\N{REPLACEMENT CHARACTER}[2J Ltd\N{REPLACEMENT CHARACTER}31m\n"


def test_without_utf_8_what_cannot_be_shown_takes_as_many_cells() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as stream:
        console = Console(file=stream, width=100, highlight=False)
        Output(out=console, err=console, plain=False).line("Müller…  EUR 1 in 2 · USD 3")
        stream.flush()
        assert raw.getvalue() == b"M?ller.  EUR 1 in 2 | USD 3\n"


def test_more_scans_than_lines_leave_those_that_run_and_ended_last() -> None:
    output = _output(terminal=True)
    output.err.size = ConsoleDimensions(100, 6)
    with LiveDisplay(output) as display:
        for number in range(9):
            row = ProgressRow(f"{number}.mbox")
            row.update(task() if number in (0, 7) else done_task())
            display.add(row)
    shown = _said(output).split("\x1b[?25l", 1)[1].split("\x1b[?25h", 1)[0]
    lines = [line for line in shown.splitlines() if ".mbox" in line or "more" in line][-5:]
    assert [line.split()[0].rpartition("\x1b[2K")[2] for line in lines[:-1]] == ["0.mbox", "6.mbox", "7.mbox", "8.mbox"]
    assert "and 5 more" in lines[-1]
