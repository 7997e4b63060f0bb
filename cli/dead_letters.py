"""`mailtally dead-letters`: messages that could not be handled."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from cli.dead_letter_desk import DeadLetter, Desk
from cli.errors import CliError, NotThere, WrongUse
from cli.group import command_group
from cli.mail_login import can_ask
from cli.options import AsJson
from cli.session import Invocation, invocation_of, running_stack
from cli.stack.stackfile import read_stack
from cli.table import Column, render
from cli.words import count
from shared.topology import WORK_QUEUES

app = command_group("Look at messages that could not be handled, and put them back or drop them.")

_NAMES = [queue.name for queue in WORK_QUEUES]

Queue = Annotated[str | None, typer.Option("--queue", metavar="NAME", help="Only those that came from this queue.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As the list shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of them, or all of --queue.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list", short_help="List dead letters with their reasons.")
def list_letters(context: typer.Context, queue: Queue = None, as_json: AsJson = False) -> None:
    """Example: mailtally dead-letters list

    Lists messages that could not be handled, with their reasons.
    """
    here = invocation_of(context)
    found = asyncio.run(_look(_broker(here), queue))
    if as_json:
        here.output.document({"items": [letter.summary() for letter in found]})
    elif not found:
        here.output.note("No dead letters.")
    else:
        columns = (Column("Id"), Column("Since", drops=1), Column("Queue", drops=2), Column("Reason", shrinks=True))
        told = [letter.summary() for letter in found]
        rows = [(each["id"], (each["at"] or "")[:19], each["queue"], each["reason"] or "") for each in told]
        for line in render(columns, rows, here.output.out.width):
            here.output.line(line)


@app.command("show", short_help="Show one without what a mail may have said.")
def show_letter(context: typer.Context, letter_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Example: mailtally dead-letters show 5d41402abc4b

    Shows a message as JSON; of its data only the kinds of the values.
    """
    here = invocation_of(context)
    (letter,) = _chosen(asyncio.run(_look(_broker(here), None)), [letter_id])
    here.output.document(letter.redacted())


@app.command("redrive", short_help="Put them back, to be handled again.")
def redrive_letters(
    context: typer.Context, ids: Ids = None, every: All = False, queue: Queue = None, yes: Yes = False
) -> None:
    """Example: mailtally dead-letters redrive --all

    Puts messages back into the queues that they came from. Handling one a second time is harmless.
    """
    _act(invocation_of(context), "redrive", ids or [], every=every, queue=queue, yes=yes)


@app.command("drop", short_help="Delete them for good.")
def drop_letters(
    context: typer.Context, ids: Ids = None, every: All = False, queue: Queue = None, yes: Yes = False
) -> None:
    """Example: mailtally dead-letters drop 5d41402abc4b

    Deletes messages for good.
    """
    _act(invocation_of(context), "drop", ids or [], every=every, queue=queue, yes=yes)


def _act(
    here: Invocation, verb: Literal["redrive", "drop"], ids: list[str], *, every: bool, queue: str | None, yes: bool
) -> None:
    if bool(ids) == every:
        raise WrongUse("Name dead letters by their ids, or say --all.")
    done = asyncio.run(_carry_out(here, verb, ids, queue=queue, yes=yes))
    here.output.note(f"{count(done, 'message')} {'put back' if verb == 'redrive' else 'dropped'}")


async def _carry_out(
    here: Invocation, verb: Literal["redrive", "drop"], ids: list[str], *, queue: str | None, yes: bool
) -> int:
    async with Desk.open(_broker(here)) as desk:
        found = await desk.letters(_known(queue))
        chosen = _chosen(found, ids) if ids else found
        if not chosen:
            return 0
        if not yes:
            if not can_ask():
                raise WrongUse(f"Nobody can be asked here. Say --yes to {verb} them.")
            typer.confirm(f"{verb.capitalize()} {count(len(chosen), 'message')}?", abort=True, err=True)
        with here.operator() as api:
            api.note_action(f"dead_letters.{verb}", [letter.letter_id for letter in chosen])
        await (desk.redrive(chosen) if verb == "redrive" else desk.drop(chosen))
        return len(chosen)


async def _look(url: str, queue: str | None) -> list[DeadLetter]:
    async with Desk.open(url) as desk:
        return await desk.letters(_known(queue))


def _chosen(found: Sequence[DeadLetter], ids: Sequence[str]) -> list[DeadLetter]:
    by_id: dict[str, Any] = {letter.letter_id: letter for letter in found}
    for wanted in ids:
        if wanted not in by_id:
            raise NotThere("dead letter", wanted, by_id)
    return [by_id[wanted] for wanted in dict.fromkeys(ids)]


def _known(queue: str | None) -> str | None:
    if queue is not None and queue not in _NAMES:
        raise NotThere("queue", queue, _NAMES)
    return queue


def _broker(here: Invocation) -> str:
    """An administrator's URL, which the person who runs the stack has."""
    running_stack(here.output, here.layout)
    stack = read_stack(here.layout.stack_file)
    if stack is None:
        raise CliError("The stack went down meanwhile. Run it again.")
    return stack.amqp_url
