"""What was found in the mailboxes, beside what the undisturbed user found in the same ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from shared.formatting import count
from shared.mongo import Document
from tools.drill.checks.result import CheckResult

_FIELDS = ("vendor", "invoice_number", "issue_date", "due_date", "currency", "net", "tax", "total", "kind", "format")
_CARRIES = ("invoice", "duplicate")


@dataclass(frozen=True)
class UserRecords:
    """A user's records without what must differ between users: invoices, and ledger lines by place."""

    user: str
    invoices: Counter[tuple[Any, ...]]
    lines: Mapping[tuple[Any, ...], tuple[Any, ...]]
    first_found: int


def read_user_records(
    database: Database[Document], user: str, user_id: str, accounts: Mapping[str, int]
) -> UserRecords:
    """The books of a user; `accounts` maps an account's id to the number of its mailbox."""
    ledger = list(database["message_ledger"].find({"user_id": user_id}))
    return UserRecords(
        user=user,
        invoices=Counter(_invoice(found) for found in database["invoices"].find({"user_id": user_id})),
        lines={(accounts[line["account_id"]], line["folder"], line["uid"]): _line(line) for line in ledger},
        first_found=sum(line["_found"] for line in ledger),
    )


def same_invoices(undisturbed: UserRecords, others: Sequence[UserRecords]) -> CheckResult:
    """Each invoice once, with the same values and carriers."""
    broken = []
    for books in others:
        missing, surplus = undisturbed.invoices - books.invoices, books.invoices - undisturbed.invoices
        broken += [
            f"{books.user}: {word} {_told(key)}" for word, keys in (("no", missing), ("also", surplus)) for key in keys
        ]
        broken += [f"{books.user}: {number} times {_told(key)}" for key, number in books.invoices.items() if number > 1]
    looked_at = f"{count(sum(b.invoices.total() for b in others), 'invoice')} of {count(len(others), 'user')}"
    return CheckResult("Invoices as in an undisturbed scan", looked_at, broken)


def same_ledger(undisturbed: UserRecords, others: Sequence[UserRecords]) -> CheckResult:
    """Every message has the outcome that it has undisturbed, once."""
    broken = []
    for books in others:
        for place in undisturbed.lines.keys() | books.lines.keys():
            expected, found = undisturbed.lines.get(place), books.lines.get(place)
            if expected != found:
                broken.append(f"{books.user}, {place}: {found} instead of {expected}")
    looked_at = f"{count(sum(len(b.lines) for b in others), 'message')} of {count(len(others), 'user')}"
    return CheckResult("Ledger as in an undisturbed scan", looked_at, broken)


def found_once(every: Sequence[UserRecords]) -> CheckResult:
    """The counts of the scans add up: each record was counted as found by exactly one message."""
    broken = [
        f"{books.user}: counted {books.first_found}, stored {books.invoices.total()}"
        for books in every
        if books.first_found != books.invoices.total()
    ]
    return CheckResult("Each invoice is counted once", count(sum(b.first_found for b in every), "invoice"), broken)


def nothing_added(before: Mapping[str, int], after: Mapping[str, int], second: Sequence[Document]) -> CheckResult:
    """Scanning an unchanged mailbox again makes no record; `second` are the ended tasks of those scans."""
    broken = [f"{name}: {before[name]} before, {after[name]} after" for name in before if before[name] != after[name]]
    for task in second:
        result = task.get("result") or {}
        if task["status"] != "DONE" or result["invoices"] or result["skipped"] != result["messages"]:
            broken.append(f"{task['_id']}: {task['status']} {result}")
    return CheckResult("A second scan adds no record", count(len(second), "second scan"), broken)


def _invoice(found: Document) -> tuple[Any, ...]:
    carriers = sorted((carrier["folder"], carrier["uid"], carrier["part"]) for carrier in found["carriers"])
    return (*(str(found[name]) for name in _FIELDS), tuple(carriers))


def _line(line: Document) -> tuple[Any, ...]:
    """Which of two messages found an invoice first depends on their scanners."""
    carries = line["outcome"] in _CARRIES
    outcome = ("carries",) if carries else (line["outcome"], line["reason"])
    return (*outcome, line["size"], len(line["invoices"]))


def _told(key: tuple[Any, ...]) -> str:
    return " ".join(key[:3])
