"""`mailtally consumers`: systems that are not ours and read the events."""

from dataclasses import asdict
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from cli.errors import CliError
from cli.invocation import Invocation, invocation_of, running_stack
from cli.parsing.command_group import command_group
from cli.parsing.options import AsJson, Yes, asks
from cli.ui.table_layout import Column, render
from shared.formatting import count
from tools.stack.consumers import OutsideConsumer, OutsideConsumers, consumer_url, snippet
from tools.stack.stackfile import Stack, read_stack

app = command_group("Let other systems read the events, and nothing else.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The consumer: a letter, then letters, digits and -.")]


@app.command("add", short_help="Add a consumer and print its URL.")
def add_consumer(
    context: typer.Context,
    name: Name,
    renew: Annotated[bool, typer.Option("--renew", help="Give one that exists a new password.")] = False,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally consumers add bookkeeping

    Adds a RabbitMQ user for a system that reads the events, and prints its URL, this once: the password is kept nowhere
    else. It may have queues called consumer.NAME.*, bind them to scan, invoice and task events, and read the stream.
    """
    here = invocation_of(context)
    stack = _stack(here)
    url = consumer_url(stack.amqp_url, name, _consumers(stack).add(name, renew=renew))
    if as_json:
        here.output.document({"name": name, "url": url})
        return
    here.output.note("The URL, which is not shown again:")
    here.output.line(url)
    here.output.note(
        f"\nA first consumer in Python (pip install aio-pika); more in docs/consumers:\n\n{snippet(url, name)}"
    )


@app.command("list", short_help="List consumers and their queues.")
def list_consumers(context: typer.Context, as_json: AsJson = False) -> None:
    """Example: mailtally consumers list

    Lists the consumers with their queues: what waits in them, and who reads them.
    """
    here = invocation_of(context)
    found = _consumers(_stack(here)).list()
    if as_json:
        here.output.document({"items": [asdict(consumer) for consumer in found]})
    elif not found:
        here.output.note("No consumers. Add one with: mailtally consumers add NAME")
    else:
        _print(here, found)


@app.command("remove", short_help="Remove a consumer and its queues.")
def remove_consumer(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """Example: mailtally consumers remove bookkeeping

    Removes a consumer, closes its connections, and deletes its queues with what waits in them.
    """
    here = invocation_of(context)
    ask = asks(yes, "remove the consumer")
    consumers = _consumers(_stack(here))
    if ask:
        waiting = sum(queue.messages for each in consumers.list() if each.name == name for queue in each.queues)
        question = f"Remove the consumer {name} and its queues, in which {count(waiting, 'event')} wait?"
        typer.confirm(question, abort=True, err=True)
    consumers.remove(name)
    here.output.note(f"{name} is removed")


def _print(here: Invocation, found: list[OutsideConsumer]) -> None:
    columns = (
        Column("Consumer"),
        Column("Connections", right=True),
        Column("Queue", shrinks=True),
        Column("Waiting", right=True),
        Column("Readers", right=True),
        Column("", style="yellow"),
    )
    rows = []
    for consumer in found:
        own = [
            (queue.name, count(queue.messages), count(queue.consumers), "refuses when full" if queue.refuses else "")
            for queue in consumer.queues
        ] or [("-", "-", "-", "")]
        rows += [(consumer.name, count(consumer.connections), *cells) for cells in own]
    for line in render(columns, rows, here.output.out.width):
        here.output.line(line)
    if any(queue.refuses for consumer in found for queue in consumer.queues):
        here.output.note("A queue that refuses events when it is full holds up everyone: see docs/events.md.")


def _stack(here: Invocation) -> Stack:
    running_stack(here.output, here.layout)
    stack = read_stack(here.layout.stack_file)
    if stack is None:
        raise CliError("The stack went down meanwhile. Run it again.")
    return stack


def _consumers(stack: Stack) -> OutsideConsumers:
    vhost = unquote(urlsplit(stack.amqp_url).path[1:]) or "/"
    return OutsideConsumers(stack.rabbitmq_management_url, vhost=vhost)
