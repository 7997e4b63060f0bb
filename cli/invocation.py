"""One run of a command: its output, and the stack of this machine, which is started if it is not
up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer
from rich.text import Text

from cli.client.api import ApiClient
from cli.client.stack_connection import StackConnection
from cli.errors import CliError
from cli.ui.console import Output
from tools.stack.control import start_detached, wait_for_running_stack
from tools.stack.layout import Layout
from tools.stack.options import External, Options


@dataclass(frozen=True)
class Invocation:
    """The options of the root command, for the command that was called."""

    output: Output
    layout: Layout

    @property
    def is_first_start(self) -> bool:
        """Return whether a stack would be started for the first time, with nothing stored yet."""
        stored = any(self.layout.data.iterdir()) if self.layout.data.is_dir() else False
        return not stored and External.from_environment().mongo_url is None

    @contextmanager
    def operator(self) -> Iterator[ApiClient]:
        """Open the API as the stack's operator. Raises `StackError` when no stack can be
        started."""
        with running_stack(self.output, self.layout).operator() as api:
            yield api

    @contextmanager
    def signed_in(self, user: str) -> Iterator[ApiClient]:
        """Open the API as this user. Raises `StackError` when no stack can be started."""
        with running_stack(self.output, self.layout).user(user) as api:
            yield api


def invocation_of(context: typer.Context) -> Invocation:
    """Return the invocation that a command belongs to."""
    invocation = context.find_object(Invocation)
    if invocation is None:
        raise CliError("The command was called outside of mailtally.")
    return invocation


def running_stack(output: Output, layout: Layout) -> StackConnection:
    """Return the connection to the stack of this machine, which is started if it is not up, and
    stays up."""
    url = wait_for_running_stack(layout)
    if url is None:
        output.note(Text("Starting Mailtally on this machine.", style="dim"))
        url = start_detached(layout, Options(port=0), lambda line: output.note(Text(line, style="dim")))
        output.note(Text(f"Mailtally stays up at {url}. Stop it with: ./run down", style="dim"))
    return StackConnection.of(url, layout)
