"""The logs of servers and services that a test uses: a failing test's report ends with what they gained meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

LINES = 25
"""How many lines of each log a report shows."""

_BYTES = 16_384

_followed: dict[Path, dict[Path, int]] = {}
"""Files, or folders of `*.log`, that are in use; with the size of each file when the present test began."""

_ended: dict[str, str] = {}
"""What those that are no longer in use said during the present test."""


@contextmanager
def reported(*places: Path) -> Iterator[None]:
    """While the context lasts, these log files (or the `*.log` of these folders) belong to the tests that run."""
    for place in places:
        _followed[place] = _sizes(place)
    try:
        yield
    finally:
        for place in places:
            _ended.update(_gained(place, _followed.pop(place)))


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
    for place in _followed:
        _followed[place] = _sizes(place)


def tails() -> dict[str, str]:
    """The last lines of each log that gained something since the test began, by name."""
    active = [_gained(place, sizes) for place, sizes in _followed.items()]
    said = {name: text for part in (_ended, *active) for name, text in part.items()}
    return {name: "\n".join(text.splitlines()[-LINES:]) for name, text in said.items() if text.strip()}


def _sizes(place: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in _files(place)}


def _gained(place: Path, sizes: dict[Path, int]) -> dict[str, str]:
    said = {}
    for path in _files(place):
        with path.open("rb") as file:
            said[path.name] = _tail(file, sizes.get(path, 0))
    return said


def _tail(file: IO[bytes], start: int) -> str:
    size = file.seek(0, 2)
    file.seek(max(start if start <= size else 0, size - _BYTES))
    return file.read().decode("utf-8", "replace")


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.log")) if place.is_dir() else [place] if place.is_file() else []
