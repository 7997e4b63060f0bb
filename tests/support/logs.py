"""The logs of servers and services that a test uses: a failing test's report ends with what they gained meanwhile."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

LINES = 25
"""How many lines of each log a report shows."""

_BYTES = 65_536

_CHARACTERS = 400
"""How much of each line."""

_ROUTINE = re.compile(r"\"s\":\"[ID]\"|\[(?:debug|info|notice)\]")
"""What MongoDB and RabbitMQ log when nothing is wrong."""


@dataclass
class _Followed:
    """A file, or a folder of `*.log`, with the size of each file when the present test began."""

    place: Path
    sizes: dict[Path, int]


_followed: list[_Followed] = []

_ended: dict[str, str] = {}
"""What those that are no longer in use said during the present test."""


@contextmanager
def reported(*places: Path) -> Iterator[None]:
    """While the context lasts, these log files (or the `*.log` of these folders) belong to the tests that run."""
    own = [_Followed(place, _sizes(place)) for place in places]
    _followed.extend(own)
    try:
        yield
    finally:
        for followed in own:
            _followed.remove(followed)
            _ended.update(_gained(followed))


@contextmanager
def output_of(name: str) -> Iterator[IO[bytes]]:
    """A file for the output of a child process, in the report under this name."""
    with TemporaryFile() as file, ExitStack() as ending:
        ending.callback(lambda: _ended.update({name: _tail(file, 0)}))
        yield file


def note(name: str, text: str) -> None:
    """Add this to the report of the present test, should it fail."""
    _ended[name] = text


def begin_test() -> None:
    """From here on, what logs gain belongs to the next test."""
    _ended.clear()
    for followed in _followed:
        followed.sizes = _sizes(followed.place)


def tails() -> dict[str, str]:
    """The last lines of each log that gained something since the test began, by name; without the servers' routine."""
    said = {name: text for part in (_ended, *map(_gained, _followed)) for name, text in part.items()}
    lines = {name: [line[:_CHARACTERS] for line in text.splitlines() if _tells(line)] for name, text in said.items()}
    return {name: "\n".join(kept[-LINES:]) for name, kept in lines.items() if kept}


def _tells(line: str) -> bool:
    return bool(line.strip()) and _ROUTINE.search(line) is None


def _sizes(place: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in _files(place)}


def _gained(followed: _Followed) -> dict[str, str]:
    said = {}
    for path in _files(followed.place):
        with path.open("rb") as file:
            said[path.name] = _tail(file, followed.sizes.get(path, 0))
    return said


def _tail(file: IO[bytes], start: int) -> str:
    size = file.seek(0, 2)
    file.seek(max(start if start <= size else 0, size - _BYTES))
    return file.read().decode("utf-8", "replace")


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.log")) if place.is_dir() else [place] if place.is_file() else []
