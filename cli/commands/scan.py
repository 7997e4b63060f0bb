"""`mailtally scan`: upload a mailbox, scan it, watch the scan, and show the invoices."""

import datetime as dt
import shlex
from collections.abc import Callable
from typing import Annotated

import typer
from rich.text import Text

from cli.client.api import ApiClient, Json
from cli.invocation import Invocation, invocation_of
from cli.mailboxes.credentials_prompt import password_login
from cli.mailboxes.imap_accounts import Login, ensure_account, prompt_early
from cli.mailboxes.local_source import Source, open_source
from cli.mailboxes.lookup import find_account
from cli.mailboxes.server_url import MailServer, is_mail_server, parse_server_url
from cli.mailboxes.upload import find_upload_account, is_slow_to_read, is_unchanged, upload_and_scan
from cli.parsing.months_option import MonthsBack, parse_months
from cli.parsing.options import DEFAULT_USER, AsJson, User
from cli.ui.console import Output
from cli.ui.field_text import SHORT_ID, ago
from cli.ui.progress_display import open_display
from cli.ui.progress_lines import ProgressRow
from cli.ui.tables import invoices_table, totals_line
from cli.ui.watch import watch_scan as watch_to_end
from shared.formatting import count

_ROWS = 20
_GAP = " " * 8

Months = Annotated[
    MonthsBack | None,
    typer.Option(
        parser=parse_months,
        metavar="N|all",
        help="Skip messages older than N months, 1 to 12; default on a mail server: 1.",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Also read messages that earlier scans have read.")]
Watch = Annotated[bool | None, typer.Option("--watch/--no-watch", help="Watch the scan to its end (default).")]
Begin = Callable[[ApiClient, Output], tuple[ProgressRow, Json]]
"""Starts a scan; returns the row that shows it, and its task."""


def scan(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="An mbox file, .eml, .zip, Maildir or folder of .eml, or imaps://user@host[:port]/[folder].",
        ),
    ],
    user: User = DEFAULT_USER,
    months: Months = None,
    full: Full = False,
    watch: Watch = None,
    as_json: AsJson = False,
) -> None:
    """Find the invoices in a mailbox: upload it, show the progress of the scan, and list the
    invoices.

    With --json it prints the task and its invoices as one document; with --json --watch, the task
    at each change, one per line.

    A mailbox on a mail server (imaps://, or imap:// for STARTTLS) is read in place and never
    changed. Its password is asked for the first time, or taken from MAILTALLY_PASSWORD.

    Example: mailtally scan ~/mail/archive.mbox
    """
    invocation = invocation_of(context)
    if is_mail_server(source):
        server = parse_server_url(source)
        login = prompt_early(
            lambda: password_login(server.username, server.host), first_start=invocation.is_first_start
        )
        begin = _start_on_server(server, login, months=months, full=full, silent=as_json)
    else:
        begin = _start_upload(open_source(source), months=months, full=full, silent=as_json)
    run_scan(invocation, user, begin, watch=watch, as_json=as_json)


def run_scan(invocation: Invocation, user: str, begin: Begin, *, watch: bool | None, as_json: bool) -> None:
    """Start a scan, watch it to its end unless `watch` is False, and show its result."""
    output = invocation.output
    with invocation.signed_in(user) as api:
        row, task = begin(api, output)
        row.update(task)
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


def _start_upload(mailbox: Source, *, months: MonthsBack | None, full: bool, silent: bool) -> Begin:
    def begin(api: ApiClient, output: Output) -> tuple[ProgressRow, Json]:
        row = ProgressRow(mailbox.label, octets=mailbox.octets)
        known = find_upload_account(api, mailbox.label)
        if known is not None and not silent and is_slow_to_read(mailbox):
            output.note(Text(f"Comparing {mailbox.label} with the earlier upload", style="dim"))
        if known is not None and is_unchanged(known, mailbox):
            if not silent:
                at = ago(known["source"]["upload"]["uploaded_at"], dt.datetime.now(dt.UTC))
                output.note(f"{mailbox.label} was uploaded {at} and has not changed since; scanning that upload.")
            return row, api.start_scan(known["account_id"], months=months, full=full)
        with open_display(output, silent=silent) as display:
            display.add(row)
            return row, upload_and_scan(api, mailbox, row, display, months=months, full=full)

    return begin


def _start_on_server(server: MailServer, login: Login, *, months: MonthsBack | None, full: bool, silent: bool) -> Begin:
    def begin(api: ApiClient, output: Output) -> tuple[ProgressRow, Json]:
        account = ensure_account(api, server, login, output, silent=silent)
        return ProgressRow(account["label"]), api.start_scan(account["account_id"], months=months, full=full)

    return begin


def _show_started(output: Output, task: Json, *, as_json: bool) -> None:
    if as_json:
        output.document(task)
    else:
        output.line(task["task_id"])
        output.note(f"The scan is running. Watch it with: mailtally tasks watch {task['task_id'][:SHORT_ID]}")


def _show_result(output: Output, api: ApiClient, task: Json, *, as_json: bool) -> None:
    invoices = list(api.invoices(task_id=task["task_id"]))
    if as_json:
        output.document({"task": task, "invoices": invoices})
    elif not invoices:
        _show_nothing(output, api, task)
    else:
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


def _show_nothing(output: Output, api: ApiClient, task: Json) -> None:
    account = find_account(api, task["account_id"])
    if account["invoices"]:
        found = count(account["invoices"], "invoice")
        show = f"mailtally invoices list --account {shlex.quote(account['label'])}"
        output.note(f"Nothing new. Show the {found} found before with: {show}")
    elif task["status"] == "DONE":
        output.note(f"No invoices in {count(task['messages_scanned'], 'message')}.")
