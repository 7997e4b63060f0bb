"""`mailtally accounts`: the mailboxes of a user."""

import datetime as dt
import sys
from typing import Annotated, Literal

import typer

from cli.client.api import ApiClient, Json
from cli.commands.completion import complete_mailbox
from cli.commands.scan import Full, Months, Watch, run_scan
from cli.errors import UsageError
from cli.invocation import invocation_of
from cli.mailboxes.add import add_server, add_upload, read_login, show_added
from cli.mailboxes.credentials_prompt import OAuth2Options
from cli.mailboxes.imap_accounts import check, check_line, prompt_early
from cli.mailboxes.local_source import open_source
from cli.mailboxes.lookup import find_account
from cli.mailboxes.prompts import ask_for_file, ask_for_mail_server
from cli.mailboxes.server_url import is_mail_server, parse_server_url
from cli.parsing.command_group import command_group
from cli.parsing.options import DEFAULT_USER, AsJson, User, Yes, needs_confirmation
from cli.ui.console import Output
from cli.ui.progress_lines import ProgressRow
from cli.ui.tables import accounts_table
from shared.formatting import count

app = command_group("List, add, check and remove mailboxes.")

Mailbox = Annotated[
    str, typer.Argument(metavar="MAILBOX", help="The name of the mailbox.", autocompletion=complete_mailbox)
]
Auth = Literal["password", "oauth2"]
Provider = Literal["google", "microsoft", "other"]
Grant = Literal["refresh_token", "client_credentials"]


@app.command("list", short_help="List mailboxes.")
def list_accounts(context: typer.Context, user: User = DEFAULT_USER, as_json: AsJson = False) -> None:
    """List mailboxes with their last scan.

    Example: mailtally accounts list
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        accounts = api.accounts()
    if as_json:
        output.document({"items": accounts})
    elif not accounts:
        output.note("No mailboxes. Add one with: mailtally accounts add, or add and scan one with: mailtally scan FILE")
    else:
        for line in accounts_table(accounts, dt.datetime.now(dt.UTC), output.out.width):
            output.line(line)


@app.command("add", short_help="Add a mailbox without scanning it.")
def add_account(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="An mbox file, .eml, .zip, Maildir or folder of .eml, or imaps://user@host[:port]/[folder]. "
            "Without it the command asks.",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The name of the mailbox; default: the name of the file or login."),
    ] = None,
    auth: Annotated[Auth, typer.Option(help="How to log in to a mail server.")] = "password",
    folder: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A folder on the mail server to read; may be repeated.")
    ] = None,
    provider: Annotated[Provider, typer.Option(help="The provider of the OAuth2 tokens.")] = "other",
    grant: Annotated[Grant, typer.Option(help="The OAuth2 grant.")] = "refresh_token",
    client_id: Annotated[str | None, typer.Option(metavar="ID", help="The id of the OAuth2 client.")] = None,
    tenant: Annotated[str | None, typer.Option(metavar="ID", help="The Microsoft tenant (directory).")] = None,
    token_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The token endpoint, if --provider is other.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The OAuth2 scope; default: the provider's own.")
    ] = None,
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """Add a mailbox without scanning it: upload a file or folder of mail, or log in to a mail
    server once to test it.

    Secrets are asked for, or taken from MAILTALLY_PASSWORD, MAILTALLY_REFRESH_TOKEN and
    MAILTALLY_CLIENT_SECRET.

    Example: mailtally accounts add imaps://ada@imap.example.com/ --label Office
    """
    invocation = invocation_of(context)
    output = invocation.output
    if source is None:
        if not sys.stdin.isatty():
            raise UsageError(
                "Not an interactive terminal. Pass the mailbox as an argument: a file, a folder or imaps://user@host."
            )
        mailbox = ask_for_file(output)
        with invocation.signed_in(user) as api:
            if mailbox is not None:
                add_upload(api, output, mailbox, label=label, as_json=as_json)
                return
            added = ask_for_mail_server(api, output, label=label)
            show_added(api, output, added.account, added.checked, as_json=as_json)
        return
    if is_mail_server(source):
        server = parse_server_url(source, folders=folder or ())
        oauth2 = None
        if auth == "oauth2":
            if client_id is None:
                raise UsageError("OAuth2 needs --client-id.")
            oauth2 = OAuth2Options(provider, client_id, grant, tenant, token_url, scope)
        login = prompt_early(lambda: read_login(server, oauth2), first_start=invocation.is_first_start)
        with invocation.signed_in(user) as api:
            add_server(api, output, server, login, label=label, as_json=as_json)
        return
    mailbox = open_source(source)
    with invocation.signed_in(user) as api:
        add_upload(api, output, mailbox, label=label, as_json=as_json)


@app.command("scan", short_help="Scan a mailbox that was added before.")
def scan_account(
    context: typer.Context,
    name: Mailbox,
    user: User = DEFAULT_USER,
    months: Months = None,
    full: Full = False,
    watch: Watch = None,
    as_json: AsJson = False,
) -> None:
    """Scan a mailbox that was added before, and show the result as mailtally scan does.

    Example: mailtally accounts scan ada@imap.example.com --months 3
    """

    def begin(api: ApiClient, _: Output) -> tuple[ProgressRow, Json]:
        account = find_account(api, name)
        return ProgressRow(account["label"]), api.start_scan(account["account_id"], months=months, full=full)

    run_scan(invocation_of(context), user, begin, watch=watch, as_json=as_json)


@app.command("check", short_help="Test the login of a mailbox.")
def check_account(
    context: typer.Context,
    name: Mailbox,
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """Test the login of a mailbox on a mail server, and say what fails. Exits with 1 if it fails.

    Example: mailtally accounts check ada@imap.example.com
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.signed_in(user) as api:
        checked = check(api, find_account(api, name), output, silent=as_json)
    if as_json:
        output.document(checked)
    else:
        output.line(check_line(checked, ascii_only=output.ascii_only))
    if not checked["ok"]:
        raise typer.Exit(1)


@app.command("remove", short_help="Remove a mailbox.")
def remove_account(
    context: typer.Context,
    name: Mailbox,
    user: User = DEFAULT_USER,
    yes: Yes = False,
) -> None:
    """Remove a mailbox with its login, its uploaded mail, and the invoices that no other mailbox
    has.

    A running scan of it is cancelled. Nothing changes on its mail server.

    Example: mailtally accounts remove archive.mbox
    """
    invocation = invocation_of(context)
    output = invocation.output
    ask = needs_confirmation(yes, "remove the mailbox")
    with invocation.signed_in(user) as api:
        account = find_account(api, name)
        if ask:
            output.note(_consequences(account))
            typer.confirm(f"Remove the mailbox {account['label']}?", abort=True, err=True)
        api.delete_account(account["account_id"])
        output.note(f"Removed {account['label']}")


def _consequences(account: Json) -> str:
    deleted = "its login" if account["source"]["kind"] == "imap" else "its uploaded mail"
    if account["invoices"]:
        deleted += f" and its {count(account['invoices'], 'invoice')}, except those that other mailboxes also have"
    scan = " Its running scan is cancelled." if account["health"] == "scanning" else ""
    return f"This deletes {deleted}.{scan}"
