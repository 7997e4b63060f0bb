"""What a shell offers for an argument: scans by the beginning of their ids, mailboxes by their names.

Asks the stack that is up, and starts none; nothing is offered when there is none, or when it does not answer.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import typer

from cli.api import Api
from cli.auth import Bearer, Token
from cli.door import Door
from cli.errors import CliError
from cli.stack.layout import DEFAULT, Layout
from cli.stack.takedown import api_url
from cli.words import SHORT_ID, STATUS_WORDS

_OFFERED = 50
_USER = ("local", "MAILTALLY_USER")


def complete_task(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Scans, newest first, each with its state."""
    with _reader(context) as api:
        if api is None:
            return []
        newest = [task for task in islice(api.scans(), _OFFERED) if task["task_id"].startswith(incomplete)]
        return [(task["task_id"][:SHORT_ID], f"{STATUS_WORDS[task['status']]} {task['progress']}%") for task in newest]


def complete_mailbox(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Mailboxes, each with where it comes from."""
    with _reader(context) as api:
        if api is None:
            return []
        known = [account for account in api.accounts() if account["label"].startswith(incomplete)]
        return [(account["label"], account["source"].get("host", "upload")) for account in known]


@contextmanager
def _reader(context: typer.Context) -> Iterator[Api | None]:
    """The API as the user that the command names, who is not made if there is none."""
    layout = Layout(Path(context.find_root().params.get("local") or DEFAULT.local))
    user = context.params.get("user") or os.environ.get(_USER[1]) or _USER[0]
    try:
        url = api_url(layout)
        if url is None:
            yield None
            return
        with Door.of(url, layout).operator() as operator:
            token = operator.token(user)
        with Api(url, Bearer(lambda: Token(token["access_token"], token["expires_in"]))) as api:
            yield api
    except (CliError, OSError):
        yield None
