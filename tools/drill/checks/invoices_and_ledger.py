"""The records of each user, compared with those of an undisturbed user with the same mailboxes."""

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
    """A user's records without what must differ between users: invoices, and ledger entries by
    place."""

    user: str
    invoices: Counter[tuple[Any, ...]]
    lines: Mapping[tuple[Any, ...], tuple[Any, ...]]
    first_found: int


def read_user_records(
    database: Database[Document], user: str, user_id: str, accounts: Mapping[str, int]
) -> UserRecords:
    """Read the records of a user; `accounts` maps an account's id to the number of its mailbox."""
    ledger = list(database["message_ledger"].find({"user_id": user_id}))
    return UserRecords(
        user=user,
        invoices=Counter(_invoice(found) for found in database["invoices"].find({"user_id": user_id})),
        lines={(accounts[line["account_id"]], line["folder"], line["uid"]): _line(line) for line in ledger},
        first_found=sum(line["_found"] for line in ledger),
    )


def same_invoices(undisturbed: UserRecords, others: Sequence[UserRecords]) -> CheckResult:
    """Check that each invoice exists once, with the same values and carriers."""
    broken = []
    for records in others:
        missing, surplus = undisturbed.invoices - records.invoices, records.invoices - undisturbed.invoices
        broken += [
            f"{records.user}: {word} {_describe(key)}"
            for word, keys in (("no", missing), ("also", surplus))
            for key in keys
        ]
        broken += [
            f"{records.user}: {number} times {_describe(key)}" for key, number in records.invoices.items() if number > 1
        ]
    checked = f"{count(sum(b.invoices.total() for b in others), 'invoice')} of {count(len(others), 'user')}"
    return CheckResult("Invoices as in an undisturbed scan", checked, broken)


def same_ledger(undisturbed: UserRecords, others: Sequence[UserRecords]) -> CheckResult:
    """Check that every message has its undisturbed outcome, once."""
    broken = []
    for records in others:
        for place in undisturbed.lines.keys() | records.lines.keys():
            expected, found = undisturbed.lines.get(place), records.lines.get(place)
            if expected != found:
                broken.append(f"{records.user}, {place}: {found} instead of {expected}")
    checked = f"{count(sum(len(b.lines) for b in others), 'message')} of {count(len(others), 'user')}"
    return CheckResult("Ledger as in an undisturbed scan", checked, broken)


def found_once(every: Sequence[UserRecords]) -> CheckResult:
    """Check that the counts of the scans add up: exactly one message counted each record as
    found."""
    broken = [
        f"{records.user}: counted {records.first_found}, stored {records.invoices.total()}"
        for records in every
        if records.first_found != records.invoices.total()
    ]
    return CheckResult("Each invoice is counted once", count(sum(b.first_found for b in every), "invoice"), broken)


def nothing_added(before: Mapping[str, int], after: Mapping[str, int], second: Sequence[Document]) -> CheckResult:
    """Check that scanning an unchanged mailbox again adds no record; `second` are the ended tasks
    of those scans."""
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
    """Return what must be equal. Which of two messages is first to find an invoice depends on their
    scanners."""
    carries = line["outcome"] in _CARRIES
    outcome = ("carries",) if carries else (line["outcome"], line["reason"])
    return (*outcome, line["size"], len(line["invoices"]))


def _describe(key: tuple[Any, ...]) -> str:
    return " ".join(key[:3])
