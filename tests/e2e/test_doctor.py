"""The doctor of a stack that is well."""

import json
import subprocess
import sys

import pytest

from cli.doctor.examination import CHECKS
from tests.e2e.conftest import LocalStack

pytestmark = pytest.mark.timeout(180)


def test_a_stack_that_is_up_has_no_problem(stack: LocalStack) -> None:
    command = [sys.executable, "-m", "cli", "--local", str(stack.layout.local), "doctor"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    *lines, last = said.stdout.splitlines()
    assert last == "No problems"
    assert "ok 4 processes ready: api-1, scanner-1, scanner-2, status-1" in lines
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert told["problems"] == 0
    assert [check["check"] for check in told["checks"]] == [check.name for check in CHECKS]
    assert {check["state"] for check in told["checks"]} == {"ok"}
