"""`mailtally invoices`: list and export invoices."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from cli.client.api import ApiClient
from cli.commands.completion import complete_mailbox, complete_task
from cli.errors import UsageError
from cli.invocation import invocation_of
from cli.mailboxes.lookup import find_account, find_task
from cli.parsing.command_group import command_group
from cli.parsing.options import DEFAULT_USER, AsJson, Limit, User
from cli.ui.tables import invoices_table, totals_line
from shared.formatting import count

app = command_group("List and export invoices.")

Account = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="Only invoices in this mailbox.", autocompletion=complete_mailbox),
]
TaskId = Annotated[
    str | None,
    typer.Option("--task", metavar="ID", help="Only invoices that this scan found.", autocompletion=complete_task),
]
Vendor = Annotated[str | None, typer.Option("--vendor", help="Only vendors whose name contains this text.")]
Since = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Issued on this day (YYYY-MM-DD) or later.")]
Until = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Issued on this day (YYYY-MM-DD) or before.")]
Currency = Annotated[
    str | None, typer.Option("--currency", metavar="CODE", help="Only invoices in this currency, such as EUR.")
]


class ExportFormat(StrEnum):
    """The file formats of an export."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


@app.command("list", short_help="List invoices and totals.")
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
    """List invoices, newest first, with totals by currency.

    Example: mailtally invoices list --vendor cloud --from 2026-01-01
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        matching = api.invoices(**_filters(api, account, task, vendor, since, until, currency))
        invoices = list(islice(matching, limit))
        more = next(matching, None) is not None
    if as_json:
        output.document({"items": invoices})
    elif not invoices:
        output.note("No invoices.")
    else:
        for line in invoices_table(invoices, output.out.width):
            output.line(line)
        output.line(totals_line(invoices))
        if more:
            output.note(
                f"Showing the newest {count(limit)}. For all of them: mailtally invoices export, or a higher --limit."
            )


@app.command("export", short_help="Export invoices as CSV, JSON or an Excel workbook.")
def export_invoices(
    context: typer.Context,
    user: User = DEFAULT_USER,
    form: Annotated[ExportFormat, typer.Option("--format", help="The file format.")] = ExportFormat.CSV,
    to_file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output."),
    ] = None,
    account: Account = None,
    task: TaskId = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = None,
) -> None:
    """Export all matching invoices, with corrected values.

    In CSV, text that a spreadsheet would read as a formula is quoted.

    Example: mailtally invoices export --format csv > invoices.csv
    """
    if form is ExportFormat.XLSX and to_file is None and sys.stdout.isatty():
        raise UsageError("A workbook cannot be printed to a terminal. Name a file with --output.")
    invocation = invocation_of(context)
    with invocation.signed_in(user) as api:
        filters = _filters(api, account, task, vendor, since, until, currency)
        with api.export(form.value, **filters) as chunks, _target(to_file) as target:
            for chunk in chunks:
                target.write(chunk)


@contextmanager
def _target(path: Path | None) -> Iterator[BinaryIO]:
    """Open standard output, or a file that appears only when it is complete."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _filters(
    api: ApiClient,
    account: str | None,
    task: str | None,
    vendor: str | None,
    since: str | None,
    until: str | None,
    currency: str | None,
) -> dict[str, str | None]:
    return {
        "account_id": find_account(api, account)["account_id"] if account else None,
        "task_id": find_task(api, task)["task_id"] if task else None,
        "vendor": vendor,
        "from": since,
        "to": until,
        "currency": currency,
    }
