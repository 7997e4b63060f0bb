"""`mailtally accounts`: the mailboxes that Mailtally knows."""

import datetime as dt
import sys
from typing import Annotated

import typer

from cli.board import open_board
from cli.errors import CliError, WrongUse
from cli.group import command_group
from cli.listings import accounts_table
from cli.lookup import find_account
from cli.options import DEFAULT_USER, AsJson, User
from cli.progress import Row
from cli.scan import send
from cli.session import invocation_of
from cli.source import open_source
from cli.words import count, size

app = command_group("List, add and remove mailboxes.")


@app.command("list", short_help="List mailboxes.")
def list_accounts(context: typer.Context, user: User = DEFAULT_USER, as_json: AsJson = False) -> None:
    """Example: mailtally accounts list

    Lists mailboxes with their last scan.
    """
    here = invocation_of(context)
    output = here.output
    with here.signed_in(user) as api:
        accounts = api.accounts()
    if as_json:
        output.document({"items": accounts})
    elif not accounts:
        output.note("No mailboxes. Add one with: mailtally accounts add FILE, or scan it: mailtally scan FILE")
    else:
        for line in accounts_table(accounts, dt.datetime.now(dt.UTC), output.out.width):
            output.line(line)


@app.command("add", short_help="Send a mailbox without scanning it.")
def add_account(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="An mbox file, .eml, .zip, Maildir or folder of .eml.")
    ],
    label: Annotated[str | None, typer.Option(metavar="NAME", help="What to call it; otherwise as the file.")] = None,
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally accounts add ~/mail/archive.mbox --label Archive

    Sends a mailbox to Mailtally without scanning it.
    """
    here = invocation_of(context)
    output = here.output
    mailbox = open_source(source)
    name = label or mailbox.label
    with here.signed_in(user) as api:
        if any(account["label"] == name for account in api.accounts()):
            raise CliError(f"There is a mailbox {name} already. Scan it anew, or give another name with --label.")
        account = api.create_account(name)
        try:
            row = Row(name, octets=mailbox.octets)
            with open_board(output, silent=as_json) as board:
                board.add(row)
                sent = send(api, account["account_id"], mailbox, row, board)
        except (CliError, KeyboardInterrupt):
            api.delete_account(account["account_id"])
            raise
        if as_json:
            output.document(find_account(api, account["account_id"]))
        else:
            output.note(f"Added {name}: {count(sent['messages'], 'message')}, {size(sent['bytes'])}")


@app.command("remove", short_help="Remove a mailbox.")
def remove_account(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="MAILBOX", help="The name of the mailbox.")],
    user: User = DEFAULT_USER,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Example: mailtally accounts remove archive.mbox

    Removes a mailbox and the mail that was sent for it. Invoices found in it stay.
    """
    here = invocation_of(context)
    output = here.output
    with here.signed_in(user) as api:
        account = find_account(api, name)
        if not yes:
            if not sys.stdin.isatty():
                raise WrongUse("Nobody can be asked here. Say --yes to remove the mailbox.")
            typer.confirm(
                f"Remove the mailbox {account['label']}? The invoices found in it stay.", abort=True, err=True
            )
        api.delete_account(account["account_id"])
        output.note(f"Removed {account['label']}")
