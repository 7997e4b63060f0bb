"""Writing files that other processes read, and rotating log files."""

import os
import tempfile
from pathlib import Path

_LOG_BYTES = 10 * 1024 * 1024


def write_private(path: Path, content: str) -> None:
    """Replace a file atomically, readable by its owner only."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def rotate(log: Path, limit: int = _LOG_BYTES) -> None:
    """Rename a log file larger than `limit` bytes to `.1`, which replaces the previous one."""
    if log.exists() and log.stat().st_size > limit:
        log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file; empty if it does not exist."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
