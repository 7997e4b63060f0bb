"""Options that several commands share."""

from typing import Annotated

import typer

from cli.errors import UsageError
from cli.mailboxes.credentials_prompt import is_interactive

User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", envvar="MAILTALLY_USER", help="The user to act as; created if missing."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with the field names of the API.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The largest number of items to list.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
DEFAULT_USER = "local"


def needs_confirmation(yes: bool, what: str) -> bool:
    """Return whether to ask before deleting. Raises `UsageError` where nobody can answer."""
    if yes:
        return False
    if not is_interactive():
        raise UsageError(f"Not an interactive terminal. Add --yes to {what}.")
    return True
