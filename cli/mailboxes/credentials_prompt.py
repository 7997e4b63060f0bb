"""What logs in to a mail server: from the environment, or asked for without showing it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from getpass import getpass

import typer

from cli.client.api import Json
from cli.errors import UsageError

PASSWORD, REFRESH_TOKEN, CLIENT_SECRET = "MAILTALLY_PASSWORD", "MAILTALLY_REFRESH_TOKEN", "MAILTALLY_CLIENT_SECRET"


@dataclass(frozen=True)
class OAuth2Options:
    """Where access tokens come from, without secrets; the names are the API's."""

    provider: str
    client_id: str
    grant: str = "refresh_token"
    tenant: str | None = None
    token_url: str | None = None
    scope: str | None = None


def password_login(username: str, host: str, environ: Mapping[str, str] = os.environ) -> Json:
    """The part of a source that has the password."""
    return {"auth": "password", "password": read_secret(PASSWORD, f"Password of {username} on {host}", environ)}


def oauth2_login(options: OAuth2Options, environ: Mapping[str, str] = os.environ) -> Json:
    """The part of a source that has the OAuth2 secrets. A public client has no secret of its own."""
    told = {name: value for name, value in vars(options).items() if value is not None}
    if options.grant == "refresh_token":
        told["refresh_token"] = read_secret(REFRESH_TOKEN, "Refresh token", environ)
        client_secret = environ.get(CLIENT_SECRET) or (_ask("Client secret, if it has one") if is_interactive() else "")
    else:
        client_secret = read_secret(CLIENT_SECRET, "Client secret", environ)
    if client_secret:
        told["client_secret"] = client_secret
    return {"auth": "xoauth2", "oauth2": told}


def read_secret(variable: str, question: str, environ: Mapping[str, str] = os.environ) -> str:
    """The value of the variable, or what the person types. Raises `WrongUse` where nobody can be asked."""
    if given := environ.get(variable):
        return given
    if not is_interactive():
        raise UsageError(f"Nobody can be asked here. Set {variable}.")
    while not (typed := _ask(question)):
        continue
    return typed


def read_new_secret(variable: str, question: str, environ: Mapping[str, str] = os.environ) -> str:
    """As `secret`, for one that is chosen now: what is typed must be typed twice."""
    while True:
        chosen = read_secret(variable, question, environ)
        if variable in environ or _ask(f"{question}, again") == chosen:
            return chosen
        sys.stderr.write("These were not the same.\n")


def is_interactive() -> bool:
    """Whether there is a person who sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(question: str) -> str:
    # Not typer's prompt: it asks first and stops the echo then, so that a quick typist would be overheard.
    try:
        return getpass(f"{question}: ", stream=sys.stderr)
    except EOFError:
        raise typer.Abort from None
