"""`mailtally consumers`: external systems that read the events."""

from dataclasses import asdict
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from cli.errors import CliError
from cli.invocation import Invocation, invocation_of, running_stack
from cli.parsing.command_group import command_group
from cli.parsing.options import AsJson, Yes, needs_confirmation
from cli.ui.table_layout import Column, render
from shared.formatting import count
from tools.stack.consumers import ExternalConsumer, ExternalConsumers, consumer_url, snippet
from tools.stack.stackfile import Stack, read_stack

app = command_group("Let external systems read the events, and nothing else.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The consumer's name: a letter, then letters, digits and -.")]


@app.command("add", short_help="Add a consumer and print its URL.")
def add_consumer(
    context: typer.Context,
    name: Name,
    renew: Annotated[bool, typer.Option("--renew", help="Give an existing consumer a new password.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a RabbitMQ user for an external system that reads the events, and print its URL once: the
    password is not stored anywhere else.

    The consumer may declare queues called consumer.NAME.*, bind them to scan, invoice and task
    events, and read the event log.

    Example: mailtally consumers add bookkeeping
    """
    invocation = invocation_of(context)
    stack = _stack(invocation)
    url = consumer_url(stack.amqp_url, name, _consumers(stack).add(name, renew=renew))
    if as_json:
        invocation.output.document({"name": name, "url": url})
        return
    invocation.output.note("The consumer's URL, which is not shown again:")
    invocation.output.line(url)
    invocation.output.note(
        f"\nAn example consumer in Python (pip install aio-pika); see also docs/consumers:\n\n{snippet(url, name)}"
    )


@app.command("list", short_help="List consumers and their queues.")
def list_consumers(context: typer.Context, as_json: AsJson = False) -> None:
    """List the consumers with their queues: waiting events and connected readers.

    Example: mailtally consumers list
    """
    invocation = invocation_of(context)
    listed = _consumers(_stack(invocation)).list()
    if as_json:
        invocation.output.document({"items": [asdict(consumer) for consumer in listed]})
    elif not listed:
        invocation.output.note("No consumers. Add one with: mailtally consumers add NAME")
    else:
        _print(invocation, listed)


@app.command("remove", short_help="Remove a consumer and its queues.")
def remove_consumer(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """Remove a consumer: close its connections, and delete its queues with all waiting events.

    Example: mailtally consumers remove bookkeeping
    """
    invocation = invocation_of(context)
    ask = needs_confirmation(yes, "remove the consumer")
    consumers = _consumers(_stack(invocation))
    if ask:
        waiting = sum(queue.messages for each in consumers.list() if each.name == name for queue in each.queues)
        question = f"Remove the consumer {name} and its queues with {count(waiting, 'waiting event')}?"
        typer.confirm(question, abort=True, err=True)
    consumers.remove(name)
    invocation.output.note(f"Removed {name}")


def _print(invocation: Invocation, listed: list[ExternalConsumer]) -> None:
    columns = (
        Column("Consumer"),
        Column("Connections", right=True),
        Column("Queue", shrinks=True),
        Column("Waiting", right=True),
        Column("Readers", right=True),
        Column("", style="yellow"),
    )
    rows = []
    for consumer in listed:
        own = [
            (queue.name, count(queue.messages), count(queue.consumers), "rejects when full" if queue.refuses else "")
            for queue in consumer.queues
        ] or [("-", "-", "-", "")]
        rows += [(consumer.name, count(consumer.connections), *cells) for cells in own]
    for line in render(columns, rows, invocation.output.out.width):
        invocation.output.line(line)
    if any(queue.refuses for consumer in listed for queue in consumer.queues):
        invocation.output.note(
            "A queue that rejects events when it is full delays every publisher: see docs/events.md."
        )


def _stack(invocation: Invocation) -> Stack:
    running_stack(invocation.output, invocation.layout)
    stack = read_stack(invocation.layout.stack_file)
    if stack is None:
        raise CliError("The stack went down. Run the command again.")
    return stack


def _consumers(stack: Stack) -> ExternalConsumers:
    vhost = unquote(urlsplit(stack.amqp_url).path[1:]) or "/"
    return ExternalConsumers(stack.rabbitmq_management_url, vhost=vhost)
