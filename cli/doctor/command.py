"""`mailtally doctor`."""

import os
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from cli.doctor.result import Finding, State
from cli.doctor.target import Target, find_target
from cli.invocation import invocation_of
from cli.parsing.options import AsJson
from cli.ui.console import Output
from shared.formatting import count

_GLYPHS = {State.OK: ("✓", "ok"), State.PROBLEM: ("✗", "failed"), State.UNKNOWN: ("?", "?")}
_STYLES = {State.OK: "green", State.PROBLEM: "red", State.UNKNOWN: "yellow"}


def doctor(
    context: typer.Context,
    health: Annotated[
        list[str] | None,
        typer.Option(
            "--health", metavar="URL", envvar="MAILTALLY_HEALTH_URLS", help="A service elsewhere; may be repeated."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally doctor

    Looks at the whole system: versions, queues, rights, consumers, replica set, indexes, clocks, disk, secrets. Names
    each problem and its fix, and exits with 1 if there is one. Changes nothing.

    Looks at the stack of this machine, or at the servers of MAILTALLY_AMQP_URL, MAILTALLY_RABBITMQ_MANAGEMENT_URL and
    MAILTALLY_MONGO_URL, which are an administrator's.
    """
    invocation = invocation_of(context)
    if report_findings(invocation.output, find_target(invocation.layout, os.environ, health or ()), as_json=as_json):
        raise typer.Exit(1)


def report_findings(output: Output, target: Target, *, as_json: bool) -> int:
    """Look at the target and tell what was found, line by line or as one document; the number of problems."""
    # The drivers and the services' data take half a second to load, which no other command should wait for.
    from cli.doctor.checks import run_checks
    from cli.doctor.connections import ServerConnections

    problems, told = 0, []
    with ServerConnections(target) as servers:
        for name, finding in run_checks(servers):
            problems += finding.state is State.PROBLEM
            if as_json:
                told.append({"check": name, **asdict(finding)})
            else:
                output.line(_line(finding, ascii_only=output.ascii_only))
    if as_json:
        output.document({"problems": problems, "checks": told})
    else:
        output.line(count(problems, "problem") if problems else "No problems")
    return problems


def _line(finding: Finding, *, ascii_only: bool) -> Text:
    glyph = _GLYPHS[finding.state][ascii_only]
    fix = "" if finding.fix is None else f" Fix: {finding.fix}"
    return Text.assemble((glyph, _STYLES[finding.state]), f" {finding.says}", fix)
