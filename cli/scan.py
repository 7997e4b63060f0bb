"""`mailtally scan`: send a mailbox, scan it, watch, and show the invoices."""

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.api import Api, Json
from cli.board import Board, open_board
from cli.errors import CliError
from cli.listings import invoices_table, totals_line
from cli.options import DEFAULT_USER, AsJson, User
from cli.output import Output
from cli.progress import Row
from cli.session import invocation_of
from cli.source import Source, open_source
from cli.watch import watch as watch_to_end
from cli.words import SHORT_ID

_ROWS = 20
_GAP = " " * 8


def scan(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="An mbox file, .eml, .zip, Maildir or folder of .eml.")
    ],
    user: User = DEFAULT_USER,
    months: Annotated[int | None, typer.Option(min=1, max=12, help="Pass over messages older than this.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read again what earlier scans have read.")] = False,
    watch: Annotated[bool | None, typer.Option("--watch/--no-watch", help="Wait for the end (default).")] = None,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally scan ~/mail/archive.mbox

    Finds the invoices in a mailbox: sends it, shows how far the scan is, then lists what was found. With --json it
    prints the task and its invoices as one document; with --json --watch, the task at each change, one a line.
    """
    here = invocation_of(context)
    output = here.output
    mailbox = open_source(source)
    with here.signed_in(user) as api:
        row = Row(mailbox.label, octets=mailbox.octets)
        with open_board(output, silent=as_json) as board:
            board.add(row)
            task = send_and_start(api, mailbox, row, board, months=months, full=full)
        if watch is False:
            _show_started(output, task, as_json=as_json)
            return
        streamed = as_json and watch is True
        each = (lambda news: output.document(news, indent=None)) if streamed else None
        ended = watch_to_end(api, row, task["task_id"], output, silent=as_json, each=each)
        if not streamed:
            _show_result(output, api, ended, as_json=as_json)
    if ended["status"] != "DONE":
        raise typer.Exit(1)


def send_and_start(
    api: Api, mailbox: Source, row: Row, board: Board, *, months: int | None = None, full: bool = False
) -> Json:
    """Send the mailbox into the account of its name, made if there is none, and ask for a scan of it."""
    known = next((account for account in api.accounts() if account["label"] == mailbox.label), None)
    account = known or api.create_account(mailbox.label)
    try:
        send(api, account["account_id"], mailbox, row, board)
    except (CliError, KeyboardInterrupt):
        if known is None:
            api.delete_account(account["account_id"])
        raise
    return api.start_scan(account["account_id"], months=months, full=full)


def send(api: Api, account_id: str, mailbox: Source, row: Row, board: Board) -> Json:
    """Send the mailbox into an account, with its progress on the board."""

    def chunks() -> Iterator[bytes]:
        for chunk in mailbox.read():
            row.send(len(chunk))
            board.changed(row)
            yield chunk

    return api.upload(account_id, mailbox.filename, chunks(), mailbox.octets)


def _show_started(output: Output, task: Json, *, as_json: bool) -> None:
    if as_json:
        output.document(task)
    else:
        output.line(task["task_id"])
        output.note(f"The scan runs. Watch it with: mailtally tasks watch {task['task_id'][:SHORT_ID]}")


def _show_result(output: Output, api: Api, task: Json, *, as_json: bool) -> None:
    invoices = list(api.invoices(task_id=task["task_id"]))
    if as_json:
        output.document({"task": task, "invoices": invoices})
    elif invoices:
        for line in invoices_table(invoices[:_ROWS], output.out.width):
            output.line(line)
        totals = totals_line(invoices)
        hint = f"All: mailtally invoices list --task {task['task_id'][:SHORT_ID]}"
        if len(invoices) <= _ROWS:
            output.line(totals)
        elif len(totals) + len(_GAP) + len(hint) <= output.out.width:
            output.line(totals + _GAP + hint)
        else:
            output.line(totals)
            output.line(hint)
