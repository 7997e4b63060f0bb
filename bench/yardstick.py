"""Programs that a benchmark compares with, in throw-away environments of their own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.stack.layout import DEFAULT


def python_with(name: str, packages: Sequence[str]) -> Path:
    """Return the Python of an environment with these packages, made at the first use."""
    environment = DEFAULT.local / f"bench-venv-{name}"
    python = environment / "bin" / "python"
    made_from = environment / ".made-from"
    wanted = "\n".join(packages)
    if not made_from.exists() or made_from.read_text(encoding="ascii") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        made_from.write_text(wanted, encoding="ascii")
    return python
