"""The mailboxes of a chaos test: parts of the sample mailboxes."""

import mailbox
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

from samples import make
from tools.demo.expected import read_expected

MESSAGES = 60
"""The least number of messages in each mailbox."""


def cut_mailboxes(samples: Path, number: int) -> list[bytes]:
    """Return this many mbox files; the samples are made if missing.

        Messages with the same invoice stay together: between two equally good readings the place
    decides, and between accounts that is random.
    """
    make(samples)
    groups = cycle(_groups(samples))
    return [b"".join(_enough(groups)) for _ in range(number)]


def _enough(groups: Iterator[list[bytes]]) -> Iterable[bytes]:
    messages: list[bytes] = []
    while len(messages) < MESSAGES:
        messages += next(groups)
    return messages


def _groups(samples: Path) -> list[list[bytes]]:
    """Return every message together with its copies."""
    groups: dict[str, list[bytes]] = {}
    originals = {row["message_id"]: row["duplicate_of"] for row in read_expected(samples / "truth.jsonl")}
    for path in sorted(samples.glob("*.mbox")):
        box = mailbox.mbox(path, create=False)
        try:
            for key, message in box.iteritems():
                own = str(message["Message-ID"])
                content = box.get_bytes(key, from_=True) + b"\n"
                groups.setdefault(originals.get(own) or own, []).append(content)
        finally:
            box.close()
    return list(groups.values())
