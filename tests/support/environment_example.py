"""`.env.example`, read."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_LINE = re.compile(r"^# (?P<name>[A-Z][A-Z0-9_]+)=(?P<value>.*)$", re.MULTILINE)


def listed() -> dict[str, str]:
    """Variable -> value in the example file."""
    return dict(_LINE.findall((PROJECT / ".env.example").read_text(encoding="utf-8")))
