"""The tables of commands: invoices, scans, mailboxes and users."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.cells import cell_len
from rich.text import Text

from cli.client.api import Json
from cli.ui.field_text import SHORT_ID, STATUS_LABELS, ago, confidence, day, invoice_total
from cli.ui.table_layout import Column, render
from shared.formatting import amount, count

_TAGS = {"receipt": "receipt", "credit_note": "credit note"}


def invoices_table(invoices: Sequence[Json], width: int) -> list[Text]:
    """Show invoices; on a narrow terminal the confidence is dropped first, then the kind, then the
    number."""
    totals = [invoice_total(invoice) for invoice in invoices]
    amounts = ["" if total is None else amount(total) for total in totals]
    digits = max(map(cell_len, amounts), default=0)
    columns = (
        Column("Date", right=True),
        Column("Vendor", shrinks=True),
        Column("Number", drops=3),
        Column("Total"),
        Column("Confidence", drops=1),
        Column("", drops=2, style="yellow"),
    )
    rows = [
        (
            day(invoice["issue_date"]),
            invoice["vendor"] or "-",
            invoice["invoice_number"] or "-",
            f"{invoice['currency'] or '':3} {total:>{digits}}",
            confidence(invoice),
            "near-duplicate" if invoice["near_duplicate_of"] else _TAGS.get(invoice["kind"], ""),
        )
        for invoice, total in zip(invoices, amounts, strict=True)
    ]
    return render(columns, rows, width)


def totals_line(invoices: Iterable[Json]) -> str:
    """Sum invoices by currency, credit notes subtracted: "EUR 84,210.55 in 120 · USD 1,940.00 in
    23"."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    for invoice in invoices:
        total = invoice_total(invoice)
        if invoice["currency"] and total is not None:
            sums[invoice["currency"]] += total
            counts[invoice["currency"]] += 1
    ranked = sorted(sums, key=lambda currency: (-counts[currency], currency))
    return " · ".join(f"{currency} {amount(sums[currency])} in {count(counts[currency])}" for currency in ranked)


def tasks_table(tasks: Sequence[Json], labels: dict[str, str], now: dt.datetime, width: int) -> list[Text]:
    """Show scans with mailbox, status, counts and age."""
    columns = (
        Column("Task"),
        Column("Mailbox", shrinks=True),
        Column("Status"),
        Column("Progress", right=True),
        Column("Messages", right=True, drops=2),
        Column("Invoices", right=True),
        Column("Started", drops=1, style="dim"),
    )
    rows = [
        (
            task["task_id"][:SHORT_ID],
            labels.get(task["account_id"], "-"),
            STATUS_LABELS[task["status"]],
            f"{task['progress']}%",
            "-" if task["messages_total"] is None else count(task["messages_total"]),
            count(task["invoices_found"]),
            ago(task["created_at"], now),
        )
        for task in tasks
    ]
    return render(columns, rows, width)


def accounts_table(accounts: Sequence[Json], now: dt.datetime, width: int) -> list[Text]:
    """Show mailboxes with their counts and last scan."""
    columns = (
        Column("Mailbox", shrinks=True),
        Column("From", shrinks=True, drops=2),
        Column("Messages", right=True),
        Column("Invoices", right=True),
        Column("Health"),
        Column("Last scan", drops=1, style="dim"),
    )
    rows = [
        (
            account["label"],
            account["source"].get("host", "upload"),
            _messages(account),
            count(account["invoices"]),
            _HEALTH[account["health"]],
            ago(account["last_scan"]["created_at"] if account["last_scan"] else None, now),
        )
        for account in accounts
    ]
    return render(columns, rows, width)


def _messages(account: Json) -> str:
    """Return the number of messages: of an upload all, of a mail server those that its last scan
    has read."""
    if upload := account["source"].get("upload"):
        return count(upload["messages"])
    return count(account["last_scan"]["messages_scanned"]) if account["last_scan"] else "-"


def users_table(users: Sequence[Json], width: int) -> list[Text]:
    """Show users by name."""
    columns = (Column("User", shrinks=True), Column("Administrator"), Column("Id", drops=1, style="dim"))
    rows = [(user["name"], "yes" if user["admin"] else "no", user["user_id"]) for user in users]
    return render(columns, rows, width)


_HEALTH = {
    "new": "New",
    "scanning": "Scanning",
    "waiting": "Waiting",
    "healthy": "Healthy",
    "problem": "Needs you",
    "needs_login": "Needs login",
}
