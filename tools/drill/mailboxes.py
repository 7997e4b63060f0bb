"""The mailboxes of a drill: parts of the sample mailboxes."""

import mailbox
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

from samples import make
from tools.demo.expected import read_expected

MESSAGES = 60
"""At least so many in each mailbox."""


def cut_mailboxes(samples: Path, number: int) -> list[bytes]:
    """So many mbox files; the samples are made if they are not there yet.

    A message stays with those that carry the same invoice: of two readings that are as good as each other the place
    decides, and between accounts that is chance.
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
    """Every message, together with its copies."""
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
