"""The generated part of docs/cli.md: the help of every command. `./run docs` writes it."""

from collections.abc import Iterator
from typing import Any

import typer

from cli.main import app
from tools.stack.layout import PROJECT

PATH = PROJECT / "docs" / "cli.md"
_LINE = "<!-- From here on written by `./run docs`. -->"
_WIDTH = 100


def with_commands(text: str) -> str:
    """Return the page with the current help of every command."""
    written = text.partition(_LINE)[0]
    root = typer.main.get_command(app)
    return "\n".join([written + _LINE, *_sections(root, None, "mailtally")]) + "\n"


def _sections(command: Any, parent: Any, name: str) -> Iterator[str]:
    """Yield a section for each command, groups before their commands."""
    context = command.context_class(command, parent=parent, info_name=name, terminal_width=_WIDTH)
    path = context.command_path
    yield f"\n{'#' * (1 + len(path.split()))} {path}\n\n```text\n{command.get_help(context)}\n```"
    for inner in getattr(command, "commands", {}):
        yield from _sections(command.get_command(context, inner), context, inner)
