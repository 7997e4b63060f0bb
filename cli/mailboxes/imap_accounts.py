"""Accounts on mail servers: found again, created once, and tested before use."""

from collections.abc import Callable

from rich.text import Text

from cli.client.api import ApiClient, Json
from cli.errors import CliError
from cli.mailboxes.server_url import MailServer
from cli.ui.console import Output
from shared.formatting import count

_NEEDS_LOGIN = ("login_refused", "secret_unreadable")
Login = Callable[[], Json]
"""Returns the login part of a source; asks the person if necessary."""


def prompt_early(login: Login, *, first_start: bool) -> Login:
    """Ask for the login before the first stack is started, when it is certain to be needed."""
    if not first_start:
        return login
    answer = login()
    return lambda: answer


class MailboxCheckError(CliError):
    """The mailbox cannot be scanned; the message is that of the check."""

    def __init__(self, check: Json) -> None:
        super().__init__(check["detail"])
        self.code: str = check["code"]


def find_imap_account(api: ApiClient, server: MailServer) -> Json | None:
    """Return the account that already reads this mailbox."""
    return next((account for account in api.accounts() if server.matches(account)), None)


def ensure_account(api: ApiClient, server: MailServer, login: Login, output: Output, *, silent: bool = False) -> Json:
    """Return the account of this mailbox with a working login; creates it if missing. Raises
    `MailboxCheckError`.

        A stored login that is refused is asked for once more.
    """
    known = find_imap_account(api, server)
    if known is None:
        account, _ = add_checked(api, server.label, {**server.source(), **login()}, output, silent=silent)
        return account
    checked = check(api, known, output, silent=silent)
    if checked["code"] in _NEEDS_LOGIN and known["source"]["auth"] == "password":
        known = api.change_account(known["account_id"], source=login())
        checked = check(api, known, output, silent=silent)
    if not checked["ok"]:
        raise MailboxCheckError(checked)
    return known


def add_checked(api: ApiClient, label: str, source: Json, output: Output, *, silent: bool = False) -> tuple[Json, Json]:
    """Create an account and test its login. Nothing is kept if the test fails or is interrupted."""
    account = api.create_account(label, source)
    try:
        checked = check(api, account, output, silent=silent)
        if not checked["ok"]:
            raise MailboxCheckError(checked)
    except (CliError, KeyboardInterrupt):
        api.delete_account(account["account_id"])
        raise
    return account, checked


def check(api: ApiClient, account: Json, output: Output, *, silent: bool = False) -> Json:
    """Test the login now, and say so: a mail server may be slow."""
    if not silent:
        output.note(Text(f"Logging in to {account['label']}", style="dim"))
    return api.check_account(account["account_id"])


def check_line(checked: Json, *, ascii_only: bool) -> Text:
    """Format the result of a check: "✓ The mail server let us in. 12 folders"."""
    if not checked["ok"]:
        return Text.assemble(("failed" if ascii_only else "✗", "red"), f" {checked['detail']}")
    folders = checked.get("folders")
    number = "" if folders is None else f" {count(len(folders), 'folder')}."
    return Text.assemble(("ok" if ascii_only else "✓", "green"), f" {checked['detail']}{number}")
