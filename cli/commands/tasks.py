"""`mailtally tasks`: list, watch and cancel scans."""

import datetime as dt
from itertools import islice
from typing import Annotated

import typer

from cli.client.api import Json
from cli.client.task_status import Status
from cli.commands.completion import complete_mailbox, complete_task
from cli.errors import ApiProblemError
from cli.invocation import invocation_of
from cli.mailboxes.lookup import find_account, find_task
from cli.parsing.command_group import command_group
from cli.parsing.options import DEFAULT_USER, AsJson, Limit, User, Yes, needs_confirmation
from cli.ui.console import Output
from cli.ui.field_text import SHORT_ID, STATUS_LABELS, day
from cli.ui.progress_lines import ProgressRow, outcome
from cli.ui.tables import tasks_table
from cli.ui.watch import watch_all_scans
from cli.ui.watch import watch_scan as watch_to_end
from shared.formatting import count

app = command_group("List, watch and cancel scans.")

TaskId = Annotated[
    str, typer.Argument(metavar="TASK", help="The id of a scan, or the beginning of it.", autocompletion=complete_task)
]


@app.command("list", short_help="List scans.")
def list_tasks(
    context: typer.Context,
    user: User = DEFAULT_USER,
    status: Annotated[Status | None, typer.Option(help="Only scans with this status.", case_sensitive=False)] = None,
    account: Annotated[
        str | None, typer.Option(help="Only scans of this mailbox.", autocompletion=complete_mailbox)
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List scans, newest first.

    Example: mailtally tasks list --status progress
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        account_id = find_account(api, account)["account_id"] if account else None
        tasks = list(islice(api.scans(status=status, account_id=account_id), limit))
        if as_json:
            output.document({"items": tasks})
            return
        labels = {account["account_id"]: account["label"] for account in api.accounts()}
        _print_table(output, tasks, labels)


@app.command("show", short_help="Show one scan with its history.")
def show_task(context: typer.Context, task_id: TaskId, user: User = DEFAULT_USER, as_json: AsJson = False) -> None:
    """Show one scan with its history.

    Example: mailtally tasks show 0198c3a2
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        task = find_task(api, task_id)
    if as_json:
        output.document(task)
        return
    output.line(f"{task['task_id']}  {STATUS_LABELS[task['status']]} {task['progress']}%  {task['current_status']}")
    if task["messages_total"] is not None:
        output.line(
            f"{count(task['messages_scanned'])} of {count(task['messages_total'], 'message')}, "
            f"{count(task['invoices_found'], 'invoice')}"
        )
    if task["error"]:
        output.line(task["error"])
    for entry in task["history"]:
        at = dt.datetime.fromisoformat(entry["at"]).astimezone()
        output.line(f"{day(at.date().isoformat())} {at:%H:%M:%S}  {entry['detail']}")


@app.command("stats", short_help="Count scans by status.")
def show_stats(context: typer.Context, user: User = DEFAULT_USER, as_json: AsJson = False) -> None:
    """Count scans by status.

    Example: mailtally tasks stats
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        stats = api.scan_stats()
    if as_json:
        output.document(stats)
        return
    widest = max(len(count(number)) for number in stats.values())
    for status, word in STATUS_LABELS.items():
        output.line(f"{word:10} {count(stats[status]):>{widest}}")


@app.command("watch", short_help="Show running scans live.")
def watch_tasks(
    context: typer.Context,
    task_id: Annotated[
        str | None,
        typer.Argument(metavar="[TASK]", help="One scan; default: all, until Ctrl-C.", autocompletion=complete_task),
    ] = None,
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """Show running scans live, one per line. With a TASK, exit when that scan ends: 0 when done, 1
    otherwise.

    Example: mailtally tasks watch
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        labels = {account["account_id"]: account["label"] for account in api.accounts()}
        each = (lambda news: output.document(news, indent=None)) if as_json else None
        if task_id is None:
            watch_all_scans(api, labels, output, each=each)
        task = find_task(api, task_id)
        row = ProgressRow(labels.get(task["account_id"]) or task["task_id"])
        ended = watch_to_end(api, row, task["task_id"], output, silent=as_json, each=each)
    if ended["status"] != "DONE":
        raise typer.Exit(1)


@app.command("cancel", short_help="Cancel scans.")
def cancel_tasks(
    context: typer.Context,
    task_ids: Annotated[
        list[str],
        typer.Argument(
            metavar="TASK...", help="Ids of scans, or the beginnings of them.", autocompletion=complete_task
        ),
    ],
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """Cancel scans; the invoices found so far stay.

    Example: mailtally tasks cancel 0198c3a2
    """
    invocation = invocation_of(context)
    output = invocation.output
    failed = False
    with invocation.signed_in(user) as api:
        for text in task_ids:
            task = find_task(api, text)
            try:
                task = api.cancel_scan(task["task_id"])
            except ApiProblemError as problem:
                failed = True
                output.error(str(problem))
                continue
            if as_json:
                output.document(task, indent=None)
            elif task["status"] == "CANCELLED":
                output.note(f"{task['task_id'][:SHORT_ID]} {outcome(task, ascii_only=output.ascii_only)}")
            else:
                output.note(f"{task['task_id'][:SHORT_ID]} Stopping after the messages in progress")
    if failed:
        raise typer.Exit(1)


@app.command("cleanup", short_help="Remove the records of old scans.")
def clean_up(
    context: typer.Context,
    older_than: Annotated[
        int,
        typer.Option(
            "--older-than", metavar="DAYS", min=1, max=3650, help="Remove scans that ended more than DAYS days ago."
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the scans without removing them.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove the records of scans that ended long ago, of all users. The invoices that they found
    stay.

    Example: mailtally tasks cleanup --older-than 90
    """
    invocation = invocation_of(context)
    output = invocation.output
    ask = not dry_run and needs_confirmation(yes, "remove them")
    with invocation.operator() as api:
        answer = api.clean_up(older_than, dry_run=True)
        if not dry_run and answer["tasks"]:
            if ask:
                typer.confirm(f"Remove the records of {count(answer['tasks'], 'scan')}?", abort=True, err=True)
            answer = api.clean_up(older_than, dry_run=False)
    if as_json:
        output.document(answer)
    else:
        verb = "Would remove" if dry_run else "Removed"
        output.note(f"{verb} the records of {count(answer['tasks'], 'scan')}")


def _print_table(output: Output, tasks: list[Json], labels: dict[str, str]) -> None:
    if not tasks:
        output.note("No scans.")
        return
    for line in tasks_table(tasks, labels, dt.datetime.now(dt.UTC), output.out.width):
        output.line(line)
