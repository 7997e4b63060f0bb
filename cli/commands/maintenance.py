"""`mailtally migrate` and `mailtally rebuild`: jobs of the status service, run as a process with its rights."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.errors import CliError
from cli.invocation import Invocation, invocation_of, running_stack
from cli.parsing.options import AsJson
from shared.formatting import count
from tools.stack.environment import service_environment
from tools.stack.layout import PROJECT
from tools.stack.options import External
from tools.stack.secrets import Secrets
from tools.stack.stackfile import read_stack

_SHOWN = 20


def migrate(context: typer.Context, as_json: AsJson = False) -> None:
    """Example: mailtally migrate

    Turns SUCCESS, as an older system wrote it, into DONE, and makes the indexes. May be interrupted and repeated.
    """
    invocation = invocation_of(context)
    result = _run(invocation, ["migrate"], lambda number: f"{count(number, 'task')} migrated so far")
    if as_json:
        invocation.output.document(result)
    else:
        invocation.output.line(f"{count(result['migrated'], 'task')} migrated from SUCCESS to DONE.")


def rebuild(
    context: typer.Context,
    verify: Annotated[bool, typer.Option("--verify", help="Print the differences and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally rebuild --verify

    Holds the stored tasks against all events, and writes what the events say where they differ. Safe at any time.
    With --verify the exit code is 1 if there are differences.
    """
    invocation = invocation_of(context)
    job = ["rebuild", "--verify"] if verify else ["rebuild"]
    result = _run(invocation, job, lambda number: f"{count(number, 'event')} read so far")
    if as_json:
        invocation.output.document(result)
    else:
        _print_findings(invocation, result, verify=verify)
    if verify and result["different"]:
        raise typer.Exit(1)


def _print_findings(invocation: Invocation, result: dict[str, Any], *, verify: bool) -> None:
    say = invocation.output.line
    for difference in result["differences"][:_SHOWN]:
        say(f"{difference['task_id']}  {', '.join(difference['fields'])}")
    if result["different"] > _SHOWN:
        say(f"and {count(result['different'] - _SHOWN)} more; --json has them with their values")
    read = f"{count(result['events'], 'event')} of {count(result['tasks'], 'task')}"
    end = "" if verify else f", {count(result['mended'])} mended"
    say(f"{read}: {count(result['different'], 'difference')}{end}.")
    if result["incomplete"]:
        say(f"Of {count(result['incomplete'], 'task')} the stream no longer has the beginning; they were left alone.")
    if result["lacking"]:
        lacking = count(result["lacking"], "task")
        say(f"Of {lacking} the stream lacks an event that the stored task has; they were left alone.")
    if result["unsettled"]:
        say(f"{count(result['unsettled'], 'task')} kept changing and could not be compared. Run it again later.")


def _run(invocation: Invocation, job: list[str], say: Callable[[int], str]) -> dict[str, Any]:
    """The result of a job. Raises `CliError` with the job's own sentence when it fails."""
    running_stack(invocation.output, invocation.layout)
    stack = read_stack(invocation.layout.stack_file)
    if stack is None:
        raise CliError("The stack went down meanwhile. Run it again.")
    environment = service_environment(
        "status",
        urls=stack.users["status"],
        database=External.from_environment().database,
        port=0,
        secrets=Secrets(invocation.layout.secrets),
        inherited=invocation.layout.environment(),
    )
    command = [sys.executable, "-m", "services.status.maintenance", *job]
    told: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        for line in process.stdout:
            told = json.loads(line)
            if "progress" in told:
                invocation.output.note(Text(say(told["progress"]), style="dim"))
    if "result" not in told:
        raise CliError(told.get("error", f"The job ended with exit code {process.returncode} and no result."))
    result: dict[str, Any] = told["result"]
    return result
