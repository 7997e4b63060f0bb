"""The command `mailtally doctor` and its report."""

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
            "--health",
            metavar="URL",
            envvar="MAILTALLY_HEALTH_URLS",
            help="The URL of a service on another machine; may be repeated.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Diagnose the whole system: versions, queues, permissions, consumers, replica set, indexes,
    clocks, disk and secrets. Each problem is printed with its fix, and the exit code is 1 if there
    is one. Nothing is changed.

        Checks the stack of this machine, or the servers of MAILTALLY_AMQP_URL,
    MAILTALLY_RABBITMQ_MANAGEMENT_URL and MAILTALLY_MONGO_URL, which are an administrator's.

        Example: mailtally doctor
    """
    invocation = invocation_of(context)
    if report_findings(invocation.output, find_target(invocation.layout, os.environ, health or ()), as_json=as_json):
        raise typer.Exit(1)


def report_findings(output: Output, target: Target, *, as_json: bool) -> int:
    """Run all checks of the target and print the findings, as lines or as one document; returns the
    number of problems."""
    # The drivers and the services' modules take half a second to load, so other commands do not
    # import them.
    from cli.doctor.checks import run_checks
    from cli.doctor.connections import ServerConnections

    problems, findings = 0, []
    with ServerConnections(target) as servers:
        for name, finding in run_checks(servers):
            problems += finding.state is State.PROBLEM
            if as_json:
                findings.append({"check": name, **asdict(finding)})
            else:
                output.line(_line(finding, ascii_only=output.ascii_only))
    if as_json:
        output.document({"problems": problems, "checks": findings})
    else:
        output.line(count(problems, "problem") if problems else "No problems")
    return problems


def _line(finding: Finding, *, ascii_only: bool) -> Text:
    glyph = _GLYPHS[finding.state][ascii_only]
    fix = "" if finding.fix is None else f" Fix: {finding.fix}"
    return Text.assemble((glyph, _STYLES[finding.state]), f" {finding.says}", fix)
