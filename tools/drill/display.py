"""The display of a chaos test: phases and faults, and a live line with the statuses of scans."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from cli.ui.console import Output
from cli.ui.field_text import STATUS_LABELS
from shared.formatting import count, duration
from tools.drill.plan import Fault, Kind

_STYLES = {"PENDING": "dim", "PROGRESS": "blue", "DONE": "green", "FAILURE": "red", "CANCELLED": "yellow"}


def describe(fault: Fault) -> str:
    """Describe a fault: "freeze mongod for 4 s", "cut api from rabbitmq for 2 s", "repeat
    events"."""
    service, _, server = fault.target.partition(">")
    lasting = f" for {fault.seconds:.0f} s" if fault.seconds else ""
    if fault.kind is Kind.CUT:
        return f"cut {service} from {server}{lasting}"
    if fault.kind is Kind.STALL:
        return f"stall {service} to {server}{lasting}"
    return f"{fault.kind.value} {fault.target}{lasting}"


class Display:
    """Lines on standard error, and one live line in a terminal. Silent with --json."""

    def __init__(self, output: Output, *, silent: bool) -> None:
        self._output = output
        self._silent = silent
        self._began = time.monotonic()
        self._states: Mapping[str, int] = {}
        self._unready: Sequence[str] = ()
        self._live = Live(
            console=output.err,
            get_renderable=self._render,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Begin to show."""
        if not (self._silent or self._output.plain):
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the live line."""
        self._live.stop()

    def phase(self, sentence: str) -> None:
        """Show that a phase begins."""
        self._note(Text(sentence, style="bold"))

    def fault(self, fault: Fault) -> None:
        """Show that a fault begins."""
        self._note(Text.assemble((f"{fault.number:>4}  ", "dim"), describe(fault)))

    def update(self, states: Mapping[str, int], unready: Sequence[str]) -> None:
        """Update the number of scans in each status, and what is not ready."""
        self._states, self._unready = states, unready

    def _note(self, line: Text) -> None:
        if not self._silent:
            at = duration(time.monotonic() - self._began)
            self._output.note(Text.assemble((f"{at:>10}  ", "dim"), line))

    def _render(self) -> Text:
        scans = Text("            ")
        for status, word in STATUS_LABELS.items():
            if self._states.get(status):
                scans.append(f"{count(self._states[status])} {word.lower()}  ", style=_STYLES[status])
        if self._unready:
            scans.append(f"not ready: {', '.join(self._unready)}", style="red")
        scans.truncate(self._output.err.width - 1)
        return scans
