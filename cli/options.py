"""Options that several commands share."""

from typing import Annotated

import typer

User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", envvar="MAILTALLY_USER", help="Whose mail it is; made if there is none."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with the field names of the API.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")]
DEFAULT_USER = "local"
