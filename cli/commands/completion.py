"""Shell completion of arguments: scans by the beginning of their ids, mailboxes by their names.

Asks the stack that is up and never starts one; without an answer nothing is offered.
"""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import typer

from cli.client.api import ApiClient
from cli.client.stack_connection import StackConnection
from cli.client.token_auth import BearerAuth, Token
from cli.errors import CliError
from cli.parsing.options import DEFAULT_USER
from cli.ui.field_text import SHORT_ID, STATUS_LABELS
from tools.stack.layout import DEFAULT, Layout
from tools.stack.shutdown import api_url

_MOST = 50
Completions = list[tuple[str, str]]
"""Pairs of a value and its description."""


def complete_task(context: typer.Context, incomplete: str) -> Completions:
    """Return the newest scans with their statuses."""

    def offer(api: ApiClient) -> Completions:
        newest = [task for task in islice(api.scans(), _MOST) if task["task_id"].startswith(incomplete)]
        return [(task["task_id"][:SHORT_ID], f"{STATUS_LABELS[task['status']]} {task['progress']}%") for task in newest]

    return _ask(context, offer)


def complete_mailbox(context: typer.Context, incomplete: str) -> Completions:
    """Return the mailboxes with their sources."""

    def offer(api: ApiClient) -> Completions:
        known = [account for account in api.accounts() if account["label"].startswith(incomplete)]
        return [(account["label"], account["source"].get("host", "upload")) for account in known]

    return _ask(context, offer)


def _ask(context: typer.Context, what: Callable[[ApiClient], Completions]) -> Completions:
    """Call the API as the user that the command names, who is not created if missing."""
    layout = Layout(Path(context.find_root().params.get("local") or DEFAULT.local))
    user = context.params.get("user") or os.environ.get("MAILTALLY_USER") or DEFAULT_USER
    try:
        url = api_url(layout)
        if url is None:
            return []
        with StackConnection.of(url, layout).operator() as operator:
            token = operator.token(user)
        with ApiClient(url, BearerAuth(lambda: Token(token["access_token"], token["expires_in"]))) as api:
            return what(api)
    except (CliError, OSError):
        return []
