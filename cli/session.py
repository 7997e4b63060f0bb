"""Signing in to the stack of this machine, which is started when it is not up, and then stays up."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.text import Text

from cli.api import Api
from cli.door import Door
from cli.output import Output
from cli.stack.control import start_detached, wait_for_other
from cli.stack.layout import DEFAULT, Layout
from cli.stack.options import Options


@contextmanager
def operator(output: Output) -> Iterator[Api]:
    """The API as its operator. Raises `StackError` when there is no stack and none can be started."""
    with running_stack(output).operator() as api:
        yield api


@contextmanager
def signed_in(user: str, output: Output) -> Iterator[Api]:
    """The API as this user. Raises `StackError` when there is no stack and none can be started."""
    with running_stack(output).user(user) as api:
        yield api


def running_stack(output: Output, layout: Layout = DEFAULT) -> Door:
    """The door of the stack that is up, or that is started now."""
    url = wait_for_other(layout)
    if url is None:
        output.note(Text("Starting Mailtally on this machine.", style="dim"))
        url = start_detached(layout, Options(port=0), lambda line: output.note(Text(line, style="dim")))
        output.note(Text(f"It stays up at {url}. Stop it with: ./run down", style="dim"))
    return Door.of(url, layout)
