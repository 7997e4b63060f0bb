"""The mailboxes that a drill scans."""

import mailbox
from collections import Counter
from pathlib import Path

from tests.support.session_samples import session_samples
from tools.demo.expected import read_expected
from tools.drill.mailboxes import MESSAGES, cut_mailboxes


def ids(content: bytes, path: Path) -> list[str]:
    path.write_bytes(content)
    box = mailbox.mbox(path, create=False)
    try:
        return [str(message["Message-ID"]) for message in box]
    finally:
        box.close()


def test_a_message_is_in_one_mailbox_beside_its_copies(tmp_path: Path) -> None:
    samples = session_samples()
    contents = cut_mailboxes(samples, 8)
    where = [(message, n) for n, content in enumerate(contents) for message in ids(content, tmp_path / f"{n}.mbox")]
    assert min(Counter(n for _, n in where).values()) >= MESSAGES
    numbers = dict(where)
    assert len(numbers) == len(where)
    copies = [
        row for row in read_expected(samples / "truth.jsonl") if row["duplicate_of"] and row["message_id"] in numbers
    ]
    assert len(copies) > 5
    assert all(numbers[row["message_id"]] == numbers[row["duplicate_of"]] for row in copies)
