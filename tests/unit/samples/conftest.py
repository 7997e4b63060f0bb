"""The samples, made once for all tests, and ways to read them back."""

import json
import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.session_samples import session_samples

USERS = ("ada", "bruno", "chiara")


@dataclass(frozen=True)
class Samples:
    """A folder with samples."""

    folder: Path

    def truth(self) -> list[dict[str, Any]]:
        lines = (self.folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def invoices(self) -> list[dict[str, Any]]:
        return [row for row in self.truth() if row["label"] == "invoice"]

    def raw(self, user: str) -> dict[str, bytes]:
        """Every message of a user by its id, mboxrd quoting left in."""
        return _read(self.folder / f"{user}.mbox")

    def documents(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Every attached file of every message that is labelled as an invoice, forwarded messages included."""
        truth = {row["message_id"]: row for row in self.invoices()}
        for user in USERS:
            for message_id, raw in self.raw(user).items():
                if message_id in truth:
                    for content in _files(message_from_bytes(raw, policy=default)):
                        yield truth[message_id], content


@pytest.fixture(scope="session")
def samples() -> Samples:
    return Samples(session_samples())


@cache
def _read(path: Path) -> dict[str, bytes]:
    box = mailbox.mbox(path, create=False)
    try:
        return {box[key]["Message-ID"].strip(): box.get_bytes(key) for key in box.iterkeys()}
    finally:
        box.close()


def _files(message: EmailMessage) -> Iterator[bytes]:
    for part in message.walk():
        if part.get_content_maintype() == "application" or part.get_content_type() == "text/xml":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield content
