"""Where commands write: data to standard output; bars, notes and errors to standard error."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

_WIDE = 10_000
"""The width for files and pipes, which have none."""
_HARMLESS = {
    number: "\N{REPLACEMENT CHARACTER}" for number in (*range(0x20), *range(0x7F, 0xA0)) if chr(number) not in "\t\n"
}
"""Control characters in names of vendors and files could move the cursor or change colours."""
_WITHOUT_UTF_8 = _HARMLESS | str.maketrans("\N{HORIZONTAL ELLIPSIS}\N{MIDDLE DOT}\N{REPLACEMENT CHARACTER}", ".|?")


@dataclass(frozen=True)
class Output:
    """The two streams and how to write to them. `plain` means lines without control codes, ASCII
    only."""

    out: Console
    err: Console
    plain: bool

    @property
    def ascii_only(self) -> bool:
        """Return whether glyphs must be ASCII: as requested, or because the terminal has no
        UTF-8."""
        return self.plain or "utf" not in self.err.encoding.lower()

    def note(self, text: str | Text) -> None:
        """Write a line for the person to standard error."""
        self.err.print(printable(text, self.err), soft_wrap=True, markup=False)

    def error(self, sentence: str) -> None:
        """Write the sentence that a failed command ends with."""
        self.note(Text.assemble(("mailtally", "red"), ": ", sentence))

    def line(self, text: str | Text = "") -> None:
        """Write a line of data to standard output."""
        self.out.print(printable(text, self.out), soft_wrap=True, markup=False)

    def document(self, value: Any, *, indent: int | None = 2) -> None:
        """One JSON document; without `indent` on one line, for streams of events."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")
        sys.stdout.flush()


def printable(text: str | Text, console: Console) -> Text:
    """Return the text as the console can show it: each character that would control the terminal,
    or that its encoding lacks, is replaced."""
    shown = text.copy() if isinstance(text, Text) else Text(text)
    is_utf_8 = "utf" in console.encoding.lower()
    plain = shown.plain.translate(_HARMLESS if is_utf_8 else _WITHOUT_UTF_8)
    if not is_utf_8:
        plain = plain.encode(console.encoding, "replace").decode(console.encoding)
    shown.plain = plain
    return shown


def open_output(*, plain: bool = False, color: bool = True, environ: Mapping[str, str] = os.environ) -> Output:
    """Decide how to write: NO_COLOR, TERM=dumb and a standard error that is no terminal are
    honoured."""
    plain = plain or environ.get("TERM") == "dumb"
    no_color = not color or bool(environ.get("NO_COLOR"))
    return Output(
        out=_console(sys.stdout, plain=plain, no_color=no_color),
        err=_console(sys.stderr, plain=plain, no_color=no_color),
        plain=plain or not sys.stderr.isatty(),
    )


def _console(stream: TextIO, *, plain: bool, no_color: bool) -> Console:
    return Console(
        file=stream,
        force_terminal=False if plain else None,
        no_color=no_color or None,
        width=None if stream.isatty() else _WIDE,
        highlight=False,
        emoji=False,
    )
