"""`python -m cli.export_docs`: writes every command into docs/cli.md, below the line that says so."""

import sys
from collections.abc import Iterator
from typing import Any

import typer

from cli.main import app
from tools.stack.layout import PROJECT

PATH = PROJECT / "docs" / "cli.md"
_LINE = "<!-- From here on written by `python -m cli.export_docs`. -->"
_WIDTH = 100


def with_commands(text: str) -> str:
    """The page with the help of every command as it is now."""
    written = text.partition(_LINE)[0]
    root = typer.main.get_command(app)
    return "\n".join([written + _LINE, *_sections(root, None, "mailtally")]) + "\n"


def _sections(command: Any, parent: Any, name: str) -> Iterator[str]:
    """One section a command, groups before what is in them."""
    context = command.context_class(command, parent=parent, info_name=name, terminal_width=_WIDTH)
    path = context.command_path
    yield f"\n{'#' * (1 + len(path.split()))} {path}\n\n```text\n{command.get_help(context)}\n```"
    for inner in getattr(command, "commands", {}):
        yield from _sections(command.get_command(context, inner), context, inner)


def main() -> int:
    """Rewrite the page."""
    PATH.write_text(with_commands(PATH.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
