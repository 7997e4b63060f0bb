"""One run of a command: how it writes, and the stack of this machine, which is started when it is not up."""

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
    """What the root command decided, for the command that it was given."""

    output: Output
    layout: Layout

    @property
    def is_first_start(self) -> bool:
        """Whether the stack would be started now for the first time, with nothing stored yet."""
        stored = any(self.layout.data.iterdir()) if self.layout.data.is_dir() else False
        return not stored and External.from_environment().mongo_url is None

    @contextmanager
    def operator(self) -> Iterator[ApiClient]:
        """The API as the stack's operator. Raises `StackError` when there is no stack and none can be started."""
        with running_stack(self.output, self.layout).operator() as api:
            yield api

    @contextmanager
    def signed_in(self, user: str) -> Iterator[ApiClient]:
        """The API as this user. Raises `StackError` when there is no stack and none can be started."""
        with running_stack(self.output, self.layout).user(user) as api:
            yield api


def invocation_of(context: typer.Context) -> Invocation:
    """The invocation that a command belongs to."""
    invocation = context.find_object(Invocation)
    if invocation is None:
        raise CliError("The command was started outside of mailtally.")
    return invocation


def running_stack(output: Output, layout: Layout) -> StackConnection:
    """The door of the stack that is up, or that is started now and stays up."""
    url = wait_for_running_stack(layout)
    if url is None:
        output.note(Text("Starting Mailtally on this machine.", style="dim"))
        url = start_detached(layout, Options(port=0), lambda line: output.note(Text(line, style="dim")))
        output.note(Text(f"It stays up at {url}. Stop it with: ./run down", style="dim"))
    return StackConnection.of(url, layout)
