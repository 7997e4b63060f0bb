"""`mailtally events`: read the event log, and try a consumer with sample events."""

import asyncio
import datetime as dt
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import CliError, NotFoundError
from cli.invocation import Invocation, invocation_of, running_stack
from cli.parsing.command_group import command_group
from cli.parsing.options import AsJson
from cli.ui.console import Output
from shared.messaging.external_consumers import USER_PREFIX
from tools.stack.layout import PROJECT
from tools.stack.stackfile import read_stack

if TYPE_CHECKING:
    from cli.client.event_stream import Record, StreamOffset

app = command_group("Read the events, and test a consumer with samples.")

_SHOWN = (
    "progress",
    "messages_total",
    "messages_scanned",
    "invoices_found",
    "error_code",
    "reason",
    "total",
    "currency",
)
_GOLDEN = PROJECT / "docs" / "consumers" / "golden"
_Url = Annotated[
    str | None,
    typer.Option("--url", envvar="MAILTALLY_CONSUMER_URL", help="The URL of a consumer, for another broker."),
]


@app.command("tail", short_help="Print events as they are published.")
def tail_events(
    context: typer.Context,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only these events, such as scan.failed.v1 or scan.*")
    ] = None,
    start: Annotated[
        str,
        typer.Option("--from", help="Where to begin: first, next, an offset, or a time such as 2026-03-01T09:30:00Z."),
    ] = "next",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Stop after this many events.")] = None,
    url: _Url = None,
    as_json: AsJson = False,
) -> None:
    """Print the events of the event log as they arrive, until Ctrl-C. With --json, one line for
    each event as it was published.

    Example: mailtally events tail --type invoice.found.v1 --from first --json
    """
    # The broker's client takes most of a second to load, so other commands do not import it.
    from cli.client.event_stream import StreamOffset

    invocation = invocation_of(context)
    asyncio.run(
        _tail(invocation.output, _url(invocation, url), StreamOffset.of(start), kind or "*", limit, as_json=as_json)
    )


@app.command("emit-sample", short_help="Print a sample event.")
def emit_sample(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="The routing key, such as scan.completed.v1.")],
    queue: Annotated[
        str | None, typer.Option("--to", metavar="QUEUE", help="Put the sample into this consumer's queue instead.")
    ] = None,
) -> None:
    """Print a sample event, or put it into the queue of a consumer to test it.

    The sample goes to that queue alone and not through the events exchange, so no service sees it.

    Example: mailtally events emit-sample invoice.found.v1 --to consumer.books.work
    """
    from cli.client.event_stream import put_message

    invocation = invocation_of(context)
    path = _GOLDEN / f"{kind}.json"
    if not path.is_file():
        raise NotFoundError("event", kind, [sample.stem for sample in _GOLDEN.glob("*.json")])
    sample = json.loads(path.read_text(encoding="utf-8"))
    if queue is None:
        invocation.output.document(sample)
        return
    if not queue.startswith(USER_PREFIX):
        raise CliError(f"Samples go to queues of consumers only. Name a queue that starts with {USER_PREFIX}")
    asyncio.run(put_message(_url(invocation, None), queue, kind, json.dumps(sample).encode()))
    invocation.output.note(f"Put {kind} into {queue}")


async def _tail(
    output: Output, url: str, start: "StreamOffset", kind: str, limit: int | None, *, as_json: bool
) -> None:
    from cli.client.event_stream import read_records

    shown = 0
    async with aclosing(read_records(url, start, kind)) as records:
        async for record in records:
            if as_json:
                output.document({"offset": record.offset, "event": record.event}, indent=None)
            else:
                output.line(_line(record))
            shown += 1
            if shown == limit:
                return


def _line(record: "Record") -> str:
    event = record.event
    at = dt.datetime.fromisoformat(event["time"]).astimezone()
    facts = {name: value for name, value in event["data"].items() if name in _SHOWN and value is not None}
    shown = "  ".join(f"{name}={value}" for name, value in facts.items())
    return f"{record.offset:>8}  {at:%Y-%m-%d %H:%M:%S}  {record.key:24}  {record.subject}  {shown}".rstrip()


def _url(invocation: Invocation, given: str | None) -> str:
    if given:
        return given
    running_stack(invocation.output, invocation.layout)
    stack = read_stack(invocation.layout.stack_file)
    if stack is None:
        raise CliError("The stack went down. Run the command again.")
    return stack.amqp_url
