"""Sample mailboxes of the size that a test wants, with the truth about them."""

import mailbox
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from samples import make
from tools.demo.expected import Row, invoices_of, read_expected

Triple = tuple[str | None, str | None, Decimal | None]


@dataclass(frozen=True)
class Samples:
    """The folder that `samples` has written."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Samples":
        """Written if they are not there yet."""
        make(folder)
        return cls(folder)

    def whole(self, name: str) -> bytes:
        """A mailbox as it is."""
        return (self.folder / f"{name}.mbox").read_bytes()

    def truth(self, name: str) -> list[Row]:
        """Its invoices."""
        return invoices_of(read_expected(self.folder / "truth.jsonl"), name)

    def first_messages(self, name: str, number: int) -> bytes:
        """A mailbox of its first messages."""
        return b"".join(message + b"\n" for message in self._messages(name, number, with_first_line=True))

    def messages(self, name: str, number: int) -> list[bytes]:
        """The first messages of a mailbox, as a mail server keeps them."""
        return self._messages(name, number, with_first_line=False)

    def _messages(self, name: str, number: int, *, with_first_line: bool) -> list[bytes]:
        box = mailbox.mbox(self.folder / f"{name}.mbox", create=False)
        try:
            return [box.get_bytes(key, from_=with_first_line) for key in box.keys()[:number]]
        finally:
            box.close()


def known(rows: Sequence[Row]) -> set[Triple]:
    """Number, date and total of the invoices of a sample."""
    return {_triple(row["expected"]) for row in rows}


def read(invoices: Sequence[Row]) -> set[Triple]:
    """Number, date and total of invoices of the API."""
    return {_triple(invoice) for invoice in invoices}


def _triple(fields: Row) -> Triple:
    total = fields.get("total")
    return fields.get("invoice_number"), fields.get("issue_date"), None if total is None else Decimal(total)
