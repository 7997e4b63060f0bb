"""Command groups with plain help, and our own sentence for an unknown command."""

from typing import Any

import typer
from typer.core import TyperGroup

from cli.errors import NotFoundError, UsageError


class _Commands(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # the types are those of typer's private copy of click
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise UsageError(str(NotFoundError("command", name, self.commands)))
        return super().resolve_command(ctx, args)


def command_group(text: str, *, completes: bool = False) -> typer.Typer:
    """Return an empty group of commands with this help text; the root group also `completes` in
    shells."""
    return typer.Typer(
        help=text,
        cls=_Commands,
        add_completion=completes,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"max_content_width": 100},
    )
