"""Sample mailboxes of any size, with the truth about them."""

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
    """The folder with the files that `samples` writes."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Samples":
        """Write the samples unless they exist."""
        make(folder)
        return cls(folder)

    def whole(self, name: str) -> bytes:
        """Return a mailbox as an mbox file."""
        return (self.folder / f"{name}.mbox").read_bytes()

    def truth(self, name: str) -> list[Row]:
        """Return the truth about the invoices of a mailbox."""
        return invoices_of(read_expected(self.folder / "truth.jsonl"), name)

    def first_messages(self, name: str, number: int) -> bytes:
        """Return an mbox file with the first messages of a mailbox."""
        return b"".join(message + b"\n" for message in self._messages(name, number, with_first_line=True))

    def messages(self, name: str, number: int) -> list[bytes]:
        """Return the first messages of a mailbox in the form that a mail server stores."""
        return self._messages(name, number, with_first_line=False)

    def _messages(self, name: str, number: int, *, with_first_line: bool) -> list[bytes]:
        box = mailbox.mbox(self.folder / f"{name}.mbox", create=False)
        try:
            return [box.get_bytes(key, from_=with_first_line) for key in box.keys()[:number]]
        finally:
            box.close()


def known(rows: Sequence[Row]) -> set[Triple]:
    """Return number, date and total of the invoices of a sample."""
    return {_triple(row["expected"]) for row in rows}


def read(invoices: Sequence[Row]) -> set[Triple]:
    """Return number, date and total of invoices of the API."""
    return {_triple(invoice) for invoice in invoices}


def _triple(fields: Row) -> Triple:
    total = fields.get("total")
    return fields.get("invoice_number"), fields.get("issue_date"), None if total is None else Decimal(total)
