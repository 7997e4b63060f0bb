"""Credentials of mail servers and users: from the environment, or asked for without echo."""

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
    """The source of access tokens, without secrets; the names are the API's."""

    provider: str
    client_id: str
    grant: str = "refresh_token"
    tenant: str | None = None
    token_url: str | None = None
    scope: str | None = None


def password_login(username: str, host: str, environ: Mapping[str, str] = os.environ) -> Json:
    """Return the login part of a source with a password."""
    return {"auth": "password", "password": read_secret(PASSWORD, f"Password of {username} on {host}", environ)}


def oauth2_login(options: OAuth2Options, environ: Mapping[str, str] = os.environ) -> Json:
    """Return the login part of a source with OAuth2 secrets. A public client has no secret."""
    secrets = {name: value for name, value in vars(options).items() if value is not None}
    if options.grant == "refresh_token":
        secrets["refresh_token"] = read_secret(REFRESH_TOKEN, "Refresh token", environ)
        client_secret = environ.get(CLIENT_SECRET) or (_ask("Client secret, if it has one") if is_interactive() else "")
    else:
        client_secret = read_secret(CLIENT_SECRET, "Client secret", environ)
    if client_secret:
        secrets["client_secret"] = client_secret
    return {"auth": "xoauth2", "oauth2": secrets}


def read_secret(variable: str, question: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the value of the variable, or ask for it. Raises `UsageError` where nobody can
    answer."""
    if given := environ.get(variable):
        return given
    if not is_interactive():
        raise UsageError(f"Not an interactive terminal. Set {variable}.")
    while not (typed := _ask(question)):
        continue
    return typed


def read_new_secret(variable: str, question: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a new secret like `read_secret`; a typed one must be typed twice."""
    while True:
        chosen = read_secret(variable, question, environ)
        if variable in environ or _ask(f"{question}, again") == chosen:
            return chosen
        sys.stderr.write("The two entries differ. Try again.\n")


def is_interactive() -> bool:
    """Return whether a person sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(question: str) -> str:
    # Not typer's prompt: it stops the echo only after it has asked, so fast typing would be
    # visible.
    try:
        return getpass(f"{question}: ", stream=sys.stderr)
    except EOFError:
        raise typer.Abort from None
