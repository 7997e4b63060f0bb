"""`mailtally invoices`: what was found."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, TextIO

import typer

from cli.api import Api, Json
from cli.group import command_group
from cli.listings import invoices_table, totals_line
from cli.lookup import find_account, find_task
from cli.options import DEFAULT_USER, AsJson, Limit, User
from cli.session import invocation_of

app = command_group("List and export invoices.")

_COLUMNS = (
    "issue_date",
    "vendor",
    "vendor_tax_id",
    "invoice_number",
    "due_date",
    "currency",
    "net",
    "tax",
    "total",
    "iban",
    "kind",
    "format",
    "confidence",
    "needs_check",
    "id",
    "account_id",
    "task_id",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Account = Annotated[str | None, typer.Option("--account", metavar="NAME", help="Only from this mailbox.")]
TaskId = Annotated[str | None, typer.Option("--task", metavar="ID", help="Only those that this scan found.")]
Vendor = Annotated[str | None, typer.Option("--vendor", help="Only vendors with this in their name.")]
Since = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Issued on this day (YYYY-MM-DD) or later.")]
Until = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Issued on this day (YYYY-MM-DD) or before.")]
Currency = Annotated[str | None, typer.Option("--currency", metavar="CODE", help="Only in this currency, such as EUR.")]


class ExportFormat(StrEnum):
    """What an export can be written as."""

    CSV = "csv"
    JSON = "json"


@app.command("list", short_help="List invoices and their totals.")
def list_invoices(
    context: typer.Context,
    user: User = DEFAULT_USER,
    account: Account = None,
    task: TaskId = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally invoices list --vendor cloud --from 2026-01-01

    Lists invoices, newest first, and their totals by currency.
    """
    here = invocation_of(context)
    output = here.output
    with here.signed_in(user) as api:
        wanted = _matching(api, account, task, vendor, since, until, currency)
        found = list(islice(wanted, limit))
        more = next(wanted, None) is not None
    if as_json:
        output.document({"items": found})
    elif not found:
        output.note("No invoices.")
    else:
        for line in invoices_table(found, output.out.width):
            output.line(line)
        output.line(totals_line(found))
        if more:
            output.note("There are more: --limit lists them, mailtally invoices export writes them all.")


@app.command("export", short_help="Write invoices as CSV or JSON.")
def export_invoices(
    context: typer.Context,
    user: User = DEFAULT_USER,
    form: Annotated[ExportFormat, typer.Option("--format", help="What to write.")] = ExportFormat.CSV,
    to_file: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here.")] = None,
    account: Account = None,
    task: TaskId = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = None,
) -> None:
    """Example: mailtally invoices export --format csv > invoices.csv

    Writes all invoices that match. In CSV, text that a spreadsheet would take for a formula is quoted.
    """
    here = invocation_of(context)
    with here.signed_in(user) as api, _target(to_file) as target:
        wanted = _matching(api, account, task, vendor, since, until, currency)
        if form is ExportFormat.CSV:
            write_csv(wanted, target)
        else:
            write_json(wanted, target)


def write_csv(invoices: Iterable[Json], target: TextIO) -> None:
    """One row an invoice, RFC 4180."""
    writer = csv.writer(target)
    writer.writerow(_COLUMNS)
    for invoice in invoices:
        writer.writerow([_cell(name, invoice[name]) for name in _COLUMNS])


def write_json(invoices: Iterable[Json], target: TextIO) -> None:
    """One array, written as it is read."""
    separator = "[\n"
    for invoice in invoices:
        target.write(separator + json.dumps(invoice, ensure_ascii=False))
        separator = ",\n"
    target.write("[]\n" if separator == "[\n" else "\n]\n")


def _cell(name: str, value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    # A negative amount begins with a minus and must stay a number; text that does is no amount.
    if isinstance(value, str) and name not in ("net", "tax", "total") and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


@contextmanager
def _target(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file


def _matching(
    api: Api,
    account: str | None,
    task: str | None,
    vendor: str | None,
    since: str | None,
    until: str | None,
    currency: str | None,
) -> Iterator[Json]:
    filters = {
        "account_id": find_account(api, account)["account_id"] if account else None,
        "task_id": find_task(api, task)["task_id"] if task else None,
        "vendor": vendor,
        "from": since,
        "to": until,
        "currency": currency,
    }
    return api.invoices(**filters)
