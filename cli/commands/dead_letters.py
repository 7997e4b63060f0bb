"""`mailtally dead-letters`: messages that could not be handled."""

from typing import Annotated, Any, Literal

import typer

from cli.client.api import ApiClient
from cli.errors import ApiProblemError, NotFoundError, UsageError
from cli.invocation import Invocation, invocation_of
from cli.mailboxes.credentials_prompt import is_interactive
from cli.parsing.command_group import command_group
from cli.parsing.options import AsJson
from cli.ui.table_layout import Column, render
from shared.formatting import count
from shared.messaging.topology import WORK_QUEUES

app = command_group("Show messages that could not be handled, and redrive or drop them.")

_Verb = Literal["redrive", "drop"]
_NAMES = [queue.name for queue in WORK_QUEUES]

Queue = Annotated[str | None, typer.Option("--queue", metavar="NAME", help="Only dead letters of this queue.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids as dead-letters list shows them.")]
All = Annotated[bool, typer.Option("--all", help="All dead letters, or all of --queue.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


@app.command("list", short_help="List dead letters with their reasons.")
def list_letters(context: typer.Context, queue: Queue = None, as_json: AsJson = False) -> None:
    """List the messages that could not be handled, with their reasons.

    Example: mailtally dead-letters list
    """
    invocation = invocation_of(context)
    with invocation.operator() as api:
        page = api.dead_letters(_check_queue_name(queue))
    dead_letters, total = page["items"], sum(_nonzero_counts(page["queues"], queue).values())
    if as_json:
        invocation.output.document({"items": dead_letters})
    elif not dead_letters:
        invocation.output.note("No dead letters.")
    else:
        columns = (Column("Id"), Column("Since", drops=1), Column("Queue", drops=2), Column("Reason", shrinks=True))
        rows = [(each["id"], (each["at"] or "")[:19], each["queue"], each["reason"] or "") for each in dead_letters]
        for line in render(columns, rows, invocation.output.out.width):
            invocation.output.line(line)
        if total > len(dead_letters):
            invocation.output.note(f"Showing the oldest {count(len(dead_letters))} of {count(total)}.")


@app.command("show", short_help="Show a dead letter without the content of mail.")
def show_letter(context: typer.Context, letter_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show a dead letter as JSON. Values of its data are replaced by their types.

    Example: mailtally dead-letters show 5d41402abc4b
    """
    invocation = invocation_of(context)
    with invocation.operator() as api:
        invocation.output.document(_get_letter(api, letter_id))


@app.command("redrive", short_help="Put dead letters back into their queues.")
def redrive_letters(
    context: typer.Context, ids: Ids = None, all_messages: All = False, queue: Queue = None, yes: Yes = False
) -> None:
    """Put dead letters back into the queues that they came from. Handling one twice is harmless.

    Example: mailtally dead-letters redrive --all
    """
    _act(invocation_of(context), "redrive", ids or [], all_messages=all_messages, queue=queue, yes=yes)


@app.command("drop", short_help="Delete dead letters permanently.")
def drop_letters(
    context: typer.Context, ids: Ids = None, all_messages: All = False, queue: Queue = None, yes: Yes = False
) -> None:
    """Delete dead letters permanently.

    Example: mailtally dead-letters drop 5d41402abc4b
    """
    _act(invocation_of(context), "drop", ids or [], all_messages=all_messages, queue=queue, yes=yes)


def _act(
    invocation: Invocation, verb: _Verb, ids: list[str], *, all_messages: bool, queue: str | None, yes: bool
) -> None:
    if bool(ids) == all_messages:
        raise UsageError("Pass the ids of dead letters, or --all.")
    with invocation.operator() as api:
        counts = {} if ids else _nonzero_counts(api.dead_letters(_check_queue_name(queue))["queues"], queue)
        number = len([_get_letter(api, letter_id) for letter_id in dict.fromkeys(ids)]) if ids else sum(counts.values())
        done = 0
        if number:
            if not yes:
                if not is_interactive():
                    raise UsageError(f"Not an interactive terminal. Add --yes to {verb} them.")
                typer.confirm(f"{verb.capitalize()} {count(number, 'dead letter')}?", abort=True, err=True)
            choices: list[dict[str, Any]] = [{"ids": ids}] if ids else [{"queue": name} for name in counts]
            done = sum(len(api.move_dead_letters(verb, **choice)) for choice in choices)
    invocation.output.note(f"{'Redrove' if verb == 'redrive' else 'Dropped'} {count(done, 'dead letter')}")


def _get_letter(api: ApiClient, letter_id: str) -> dict[str, Any]:
    try:
        return api.dead_letter(letter_id)
    except ApiProblemError as problem:
        if problem.code != "not_found":
            raise
        raise NotFoundError("dead letter", letter_id, ()) from None


def _nonzero_counts(counts: dict[str, int], queue: str | None) -> dict[str, int]:
    return {name: number for name, number in counts.items() if number and queue in (None, name)}


def _check_queue_name(queue: str | None) -> str | None:
    if queue is not None and queue not in _NAMES:
        raise NotFoundError("queue", queue, _NAMES)
    return queue
