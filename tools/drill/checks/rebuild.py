"""The stored tasks, compared with the event log."""

import json
import os
import subprocess
import sys

from cli.errors import CliError
from shared.formatting import count
from tools.drill.checks.result import CheckResult
from tools.stack.layout import PROJECT, Layout


def rebuild_agrees(layout: Layout) -> CheckResult:
    """Run `mailtally rebuild --verify` as a person would. Raises `CliError` when the command
    fails."""
    command = [sys.executable, "-m", "cli", "--local", str(layout.local), "rebuild", "--verify", "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILTALLY_")}
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    try:
        result = json.loads(ran.stdout)
    except json.JSONDecodeError:
        raise CliError(f"mailtally rebuild --verify failed: {ran.stderr[-500:]}") from None
    broken = [f"{found['task_id']}: {', '.join(found['fields'])}" for found in result["differences"]]
    broken += [f"{result[name]} tasks {name}" for name in ("unsettled", "incomplete") if result[name]]
    checked = f"{count(result['tasks'], 'task')}, {count(result['events'], 'event')}"
    return CheckResult("rebuild --verify finds no difference", checked, broken)
