"""The questions of `mailtally accounts add` in a terminal."""

from dataclasses import dataclass

import typer

from cli.client.api import ApiClient, Json
from cli.errors import ApiProblemError, CliError, UsageError
from cli.mailboxes.credentials_prompt import OAuth2Options, oauth2_login, password_login
from cli.mailboxes.imap_accounts import MailboxCheckError, add_checked
from cli.mailboxes.local_source import Source, open_source
from cli.mailboxes.server_url import PORTS, MailServer, guess_host, login_hint, parse_host
from cli.ui.console import Output

_INVALID = 422


@dataclass(frozen=True)
class Added:
    """The new account, and the result of its check."""

    account: Json
    checked: Json


def ask_for_file(output: Output) -> Source | None:
    """Ask for a file or folder; returns None for a mailbox on a mail server."""
    output.note("Press Enter to accept the value in brackets.")
    if _choose("Where is the mailbox", ("server", "file"), "server") == "server":
        return None
    while True:
        try:
            return open_source(_ask("File or folder", None))
        except CliError as error:
            output.note(str(error))


def ask_for_mail_server(api: ApiClient, output: Output, *, label: str | None) -> Added:
    """Ask until the login works, or until the person gives up (`typer.Abort`); then nothing is
    stored."""
    server: MailServer | None = None
    while True:
        server = _server(output, server)
        source = {**server.source(), **_login(server)}
        name = label or _ask("Name of the mailbox", server.username if "@" in server.username else server.label)
        try:
            return Added(*add_checked(api, name, source, output))
        except MailboxCheckError as failure:
            output.note(str(failure))
        except ApiProblemError as problem:
            if problem.status != _INVALID:
                raise
            output.note(str(problem))
        typer.confirm("Nothing was stored. Try again with other details?", default=True, abort=True, err=True)


def _server(output: Output, before: MailServer | None) -> MailServer:
    address = _ask("Mail address", before.username if before else None)
    host = _ask_host(output, before.host if before else guess_host(address))
    if (hint := login_hint(host)) is not None:
        output.note(hint)
    security = _choose("Security", ("tls", "starttls"), before.security if before else "tls")
    port = typer.prompt("Port", default=PORTS[security], type=int, err=True)
    username = _ask("User name", before.username if before else address)
    named = _ask("Folders, separated by commas (Enter for the default folders)", "")
    folders = tuple(dict.fromkeys(part.strip() for part in named.split(",") if part.strip()))
    return MailServer(host, username, port, security, folders)


def _ask_host(output: Output, default: str) -> str:
    while True:
        try:
            return parse_host(_ask("Mail server", default))
        except UsageError as error:
            output.note(str(error))


def _login(server: MailServer) -> Json:
    auth = _choose("Log in with", ("password", "oauth2"), "password")
    if auth == "password":
        return password_login(server.username, server.host, {})
    guess = "google" if "gmail" in server.host else "microsoft" if "office365" in server.host else "other"
    provider = _choose("Provider", ("google", "microsoft", "other"), guess)
    grants = ("refresh_token",) if provider == "google" else ("refresh_token", "client_credentials")
    grant = grants[0] if len(grants) == 1 else _choose("Grant", grants, grants[0])
    tenant = _ask("Tenant (Enter for any)", "") if provider == "microsoft" else ""
    token_url = _ask("Address of the token endpoint", None) if provider == "other" else ""
    scope = _ask("Scope (Enter for none)", "") if provider == "other" else ""
    options = OAuth2Options(provider, _ask("Client id", None), grant, tenant or None, token_url or None, scope or None)
    return oauth2_login(options, {})


def _ask(question: str, default: str | None) -> str:
    answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()


def _choose(question: str, choices: tuple[str, ...], default: str) -> str:
    while True:
        answer = _ask(f"{question} ({', '.join(choices)})", default).lower()
        if answer in choices:
            return answer
