"""Adding a mailbox: the login of a mail server is tested first, a local mailbox is uploaded."""

from cli.client.api import ApiClient, Json
from cli.errors import CliError
from cli.mailboxes.credentials_prompt import OAuth2Options, oauth2_login, password_login
from cli.mailboxes.imap_accounts import Login, add_checked, check_line, find_imap_account
from cli.mailboxes.local_source import Source
from cli.mailboxes.lookup import find_account
from cli.mailboxes.server_url import MailServer
from cli.mailboxes.upload import upload_mailbox
from cli.ui.console import Output
from cli.ui.progress_display import open_display
from cli.ui.progress_lines import ProgressRow
from shared.formatting import count, size


def read_login(server: MailServer, oauth2: OAuth2Options | None) -> Json:
    """Return the login part of a source; asks for what the environment does not have."""
    return password_login(server.username, server.host) if oauth2 is None else oauth2_login(oauth2)


def add_server(
    api: ApiClient, output: Output, server: MailServer, login: Login, *, label: str | None, as_json: bool
) -> None:
    """Add a mailbox on a mail server once its login works."""
    known = find_imap_account(api, server)
    if known is not None:
        raise CliError(f"This mailbox was already added as {known['label']}. Scan it, or remove it first.")
    source = {**server.source(), **login()}
    account, checked = add_checked(api, label or server.label, source, output, silent=as_json)
    show_added(api, output, account, checked, as_json=as_json)


def add_upload(api: ApiClient, output: Output, mailbox: Source, *, label: str | None, as_json: bool) -> None:
    """Add a local mailbox by uploading it; nothing is kept if the upload is interrupted."""
    name = label or mailbox.label
    if any(account["label"] == name for account in api.accounts()):
        raise CliError(f"A mailbox called {name} already exists. Scan it again, or pass another name with --label.")
    account = api.create_account(name)
    try:
        row = ProgressRow(name, octets=mailbox.octets)
        with open_display(output, silent=as_json) as display:
            display.add(row)
            sent = upload_mailbox(api, account["account_id"], mailbox, row, display)
    except (CliError, KeyboardInterrupt):
        api.delete_account(account["account_id"])
        raise
    if as_json:
        output.document(find_account(api, account["account_id"]))
    else:
        output.note(f"Added {name}: {count(sent['messages'], 'message')}, {size(sent['bytes'])}")


def show_added(api: ApiClient, output: Output, account: Json, checked: Json, *, as_json: bool) -> None:
    """Show what was added, and how to scan it."""
    if as_json:
        output.document(find_account(api, account["account_id"]))
        return
    output.note(check_line(checked, ascii_only=output.ascii_only))
    output.note(f"Added {account['label']}. Scan it with: mailtally accounts scan {account['label']}")
