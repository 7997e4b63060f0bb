"""Writing files that other processes read, and keeping log files small."""

import os
import tempfile
from pathlib import Path

_LOG_BYTES = 10 * 1024 * 1024


def write_private(path: Path, content: str) -> None:
    """Replace a file in one step, readable for its owner alone: a reader sees the old content or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def rotate(log: Path, limit: int = _LOG_BYTES) -> None:
    """Put a log file larger than `limit` bytes aside as `.1`, in place of the one that was there."""
    if log.exists() and log.stat().st_size > limit:
        log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file; empty when there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
