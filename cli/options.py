"""Options that several commands share, and the state that every command is handed."""

from typing import Annotated

import typer

from cli.errors import CliError
from cli.output import Output

User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", envvar="MAILTALLY_USER", help="Whose mail it is; made if there is none."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with the field names of the API.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")]
DEFAULT_USER = "local"


def output_of(context: typer.Context) -> Output:
    """How this invocation writes, as the root command decided."""
    output = context.find_object(Output)
    if output is None:
        raise CliError("The command was started outside of mailtally.")
    return output
