"""What a shell offers for an argument: scans by the beginning of their ids, mailboxes by their names.

Asks the stack that is up, and starts none; nothing is offered when there is none, or when it does not answer.
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

_OFFERED = 50
Offer = list[tuple[str, str]]
"""Each with what it stands for."""


def complete_task(context: typer.Context, incomplete: str) -> Offer:
    """Scans, newest first, each with its state."""

    def offer(api: ApiClient) -> Offer:
        newest = [task for task in islice(api.scans(), _OFFERED) if task["task_id"].startswith(incomplete)]
        return [(task["task_id"][:SHORT_ID], f"{STATUS_LABELS[task['status']]} {task['progress']}%") for task in newest]

    return _ask(context, offer)


def complete_mailbox(context: typer.Context, incomplete: str) -> Offer:
    """Mailboxes, each with where it comes from."""

    def offer(api: ApiClient) -> Offer:
        known = [account for account in api.accounts() if account["label"].startswith(incomplete)]
        return [(account["label"], account["source"].get("host", "upload")) for account in known]

    return _ask(context, offer)


def _ask(context: typer.Context, what: Callable[[ApiClient], Offer]) -> Offer:
    """Ask the API as the user that the command names, who is not made if there is none."""
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
