"""`mailtally migrate` and `mailtally rebuild`: jobs of the status service, run with its
permissions."""

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
    """Migrate scans of an older version from SUCCESS to DONE, and create the indexes. May be
    interrupted and repeated.

    Example: mailtally migrate
    """
    invocation = invocation_of(context)
    result = _run(invocation, ["migrate"], lambda number: f"{count(number, 'task')} migrated so far")
    if as_json:
        invocation.output.document(result)
    else:
        invocation.output.line(f"{count(result['migrated'], 'task')} migrated from SUCCESS to DONE.")


def rebuild(
    context: typer.Context,
    verify: Annotated[bool, typer.Option("--verify", help="Print the differences without changing anything.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the stored scans with the event log, and write the statuses that differ. Safe at any
    time.

    With --verify nothing is written, and the exit code is 1 if there are differences.

    Example: mailtally rebuild --verify
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
    write = invocation.output.line
    for difference in result["differences"][:_SHOWN]:
        write(f"{difference['task_id']}  {', '.join(difference['fields'])}")
    if result["different"] > _SHOWN:
        write(f"and {count(result['different'] - _SHOWN)} more; --json prints all of them with their values")
    read = f"{count(result['events'], 'event')} of {count(result['tasks'], 'task')}"
    end = "" if verify else f", {count(result['mended'])} corrected"
    write(f"{read}: {count(result['different'], 'difference')}{end}.")
    if result["incomplete"]:
        write(f"Skipped {count(result['incomplete'], 'task')}: the event log no longer has their first events.")
    if result["lacking"]:
        lacking = count(result["lacking"], "task")
        write(f"Skipped {lacking}: the event log lacks an event that the stored task has.")
    if result["unsettled"]:
        write(f"Skipped {count(result['unsettled'], 'task')} that kept changing. Run the command again later.")


def _run(invocation: Invocation, job: list[str], describe: Callable[[int], str]) -> dict[str, Any]:
    """Run a job and return its result. Raises `CliError` with the job's own sentence when it
    fails."""
    running_stack(invocation.output, invocation.layout)
    stack = read_stack(invocation.layout.stack_file)
    if stack is None:
        raise CliError("The stack went down. Run the command again.")
    environment = service_environment(
        "status",
        urls=stack.users["status"],
        database=External.from_environment().database,
        port=0,
        secrets=Secrets(invocation.layout.secrets),
        inherited=invocation.layout.environment(),
    )
    command = [sys.executable, "-m", "services.status.maintenance", *job]
    message: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 (set by PIPE)
        for line in process.stdout:
            message = json.loads(line)
            if "progress" in message:
                invocation.output.note(Text(describe(message["progress"]), style="dim"))
    if "result" not in message:
        raise CliError(message.get("error", f"The job ended with exit code {process.returncode} and without a result."))
    result: dict[str, Any] = message["result"]
    return result
