"""Options that several commands share."""

from typing import Annotated

import typer

from cli.errors import UsageError
from cli.mailboxes.credentials_prompt import is_interactive

User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", envvar="MAILTALLY_USER", help="Whose mail it is; made if there is none."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with the field names of the API.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DEFAULT_USER = "local"


def needs_confirmation(yes: bool, what: str) -> bool:
    """Whether the person is to be asked before something is gone. Raises `WrongUse` where nobody can be."""
    if yes:
        return False
    if not is_interactive():
        raise UsageError(f"Nobody can be asked here. Say --yes to {what}.")
    return True
