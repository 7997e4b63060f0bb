"""Tesseract for tests: the real one from the system's packages, and one that answers as a test wants it to."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from services.scanner.extract.limits import TESSERACT
from tools.stack.packages import find_or_install

_HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
Box = tuple[str, int, int, int, int]


def install(report: Callable[[str], None]) -> None:
    """Install the real one with two languages if it is not there. Raises `StackError` if that cannot be done."""
    find_or_install(_languages, ["tesseract-ocr", "tesseract-ocr-eng", "tesseract-ocr-deu"], report)


def _languages() -> list[str] | None:
    """Those that it has, if they are enough."""
    if shutil.which(TESSERACT) is None:
        return None
    command = [TESSERACT, "--list-langs"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return listed if "deu" in listed else None


def tsv(*lines: list[Box], confidence: float = 93.0) -> str:
    """An answer: lines of words with left, top, width and height in pixels."""
    rows = [
        f"5\t1\t1\t1\t{number}\t{place}\t{left}\t{top}\t{width}\t{height}\t{confidence}\t{text}\n"
        for number, line in enumerate(lines, start=1)
        for place, (text, left, top, width, height) in enumerate(line, start=1)
    ]
    return _HEADER + "".join(rows)


def page(*rows: tuple[str, str], scale: float = 300 / 72) -> str:
    """An answer that shows two columns of text, each word in a box as wide as its letters."""
    lines = []
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            left, line = 60.0 + 240 * column, list[Box]()
            for word in cell.split():
                width = 5.4 * len(word)
                line.append(
                    (word, round(left * scale), round((60 + 22 * row) * scale), round(width * scale), round(8 * scale))
                )
                left += width + 3
            lines.append(line)
    return tsv(*(line for line in lines if line))


def fake(folder: Path, answer: str, *, languages: tuple[str, ...] = ("eng",), then: str = "") -> Path:
    """A program of that name which swallows the picture, runs the shell command `then` and gives the answer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answer").write_text(answer, encoding="utf-8")
    program = folder / TESSERACT
    listing = "\\n".join(languages)
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = --list-langs ]; then printf "{listing}\\n"; exit; fi\n'
        f"cat >/dev/null\n{then}\ncat {folder}/answer\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program
