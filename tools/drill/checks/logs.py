"""What must not be in the logs of the services."""

import re
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

from shared.access import SERVICES
from shared.formatting import count
from tools.drill.checks.result import CheckResult
from tools.stack.layout import Layout

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
_SHORTEST = 12
"""Shorter subjects may be ordinary words of a log."""


def nothing_secret(layout: Layout, mailboxes: Sequence[bytes]) -> CheckResult:
    """Check for passwords, keys, tokens, mail addresses and subjects of mail."""
    files = [path for service in (*SERVICES, "webhooks") for path in sorted(layout.logs.glob(f"{service}-*.log*"))]
    secrets = {path.name: path.read_text(encoding="utf-8").strip() for path in layout.secrets.iterdir()}
    subjects = _subjects(mailboxes)
    broken, lines = [], 0
    for file in files:
        for number, line in enumerate(_lines(file), start=1):
            lines += 1
            kinds = [f"the secret {name}" for name, secret in secrets.items() if secret in line]
            kinds += [kind for kind, pattern in (("an address", _ADDRESS), ("a token", _TOKEN)) if pattern.search(line)]
            kinds += ["a subject"] if any(subject in line for subject in subjects) else []
            broken += [f"{file.name}:{number}: {kind}" for kind in kinds]
    checked = f"{count(lines, 'line')} for {count(len(secrets), 'secret')}, {count(len(subjects), 'subject')}"
    return CheckResult("No secret and no mail in the logs", checked, broken)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()


def _subjects(mailboxes: Sequence[bytes]) -> set[str]:
    parser = BytesHeaderParser(policy=default)
    found = set()
    for content in mailboxes:
        for message in re.split(rb"(?m)^From .*\n", content)[1:]:
            found.add(str(parser.parsebytes(message).get("Subject", "")))
    return {subject for subject in found if len(subject) >= _SHORTEST}
