"""The command line: its commands, the options of every command, and the handling of errors."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.commands import accounts, consumers, dead_letters, events, invoices, maintenance, tasks, users, webhooks
from cli.commands.scan import scan
from cli.doctor.command import doctor
from cli.errors import CliError, NotFoundError
from cli.invocation import Invocation
from cli.parsing.command_group import command_group
from cli.ui.console import open_output
from cli.ui.watch import INTERRUPTED
from shared.version import VERSION
from tools.stack.errors import StackError
from tools.stack.layout import DEFAULT, Layout

_ANYWHERE = ("--plain", "--no-color", "--debug")


app = command_group("Find the invoices and receipts in mailboxes.", completes=True)
app.command("scan", short_help="Find the invoices in a mailbox.")(scan)
app.command("migrate", short_help="Migrate scans of an older version.")(maintenance.migrate)
app.command("rebuild", short_help="Rebuild scan statuses from the event log, or verify them.")(maintenance.rebuild)
app.command("doctor", short_help="Diagnose the installation and suggest fixes.")(doctor)
for name, group in {
    "tasks": tasks.app,
    "invoices": invoices.app,
    "accounts": accounts.app,
    "user": users.app,
    "events": events.app,
    "consumers": consumers.app,
    "webhooks": webhooks.app,
    "dead-letters": dead_letters.app,
}.items():
    app.add_typer(group, name=name)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Mailtally {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print plain ASCII lines instead of live progress bars.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="Print no colours, as with NO_COLOR in the environment.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001 (main reads it)
    version: Annotated[  # noqa: ARG001 (its callback answers it)
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
    local: Annotated[Path, typer.Option(hidden=True, help="The folder of the stack.")] = DEFAULT.local,
) -> None:
    context.obj = Invocation(open_output(plain=plain, color=not no_color), Layout(local))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 failed, 2 wrong usage, 130
    interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    output = open_output(plain="--plain" in arguments, color="--no-color" not in arguments)
    debug = "--debug" in arguments
    try:
        result = app(_global_options_first(arguments), prog_name="mailtally", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (CliError, StackError, typer.TyperException) as error:
        if debug:
            traceback.print_exc()
        output.error(_sentence(error) if isinstance(error, typer.TyperException) else str(error))
        return 1 if isinstance(error, StackError) else error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`); the interpreter must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  (the last resort: a person must not see a traceback)
        if debug:
            traceback.print_exc()
        output.error(f"Unexpected error: {type(error).__name__}. Run the command again with --debug for details.")
        return 1


def _sentence(error: typer.TyperException) -> str:
    """Return our own sentence for an unknown option, whose exception is not public, and typer's for
    the rest."""
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        return str(NotFoundError("option", option, error.possibilities or ()))
    return error.format_message()


def _global_options_first(arguments: list[str]) -> list[str]:
    """Move the options of the root command to the front: people write them last."""
    ends = arguments.index("--") if "--" in arguments else len(arguments)
    moved = [argument for argument in arguments[:ends] if argument in _ANYWHERE]
    kept = [argument for argument in arguments[:ends] if argument not in _ANYWHERE]
    return [*moved, *kept, *arguments[ends:]]
