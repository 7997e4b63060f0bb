"""The doctor of a stack that is well, and of one in which a scanner hangs."""

import json
import signal
import subprocess
import sys
import time

import httpx

from cli.doctor.examination import CHECKS
from cli.stack.processes import find
from tests.e2e.conftest import LocalStack

_WELL_SECONDS = 60.0


def until_all_are_ready(stack: LocalStack) -> None:
    """Tests before may have killed some."""
    listed = [urls if isinstance(urls, list) else [urls] for urls in stack.state.metrics.values()]
    for url in (url for urls in listed for url in urls):
        while not _is_ready(url.replace("/metrics", "/readyz")):
            time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def doctor(stack: LocalStack, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "--local", str(stack.layout.local), "doctor", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def until_well(stack: LocalStack) -> None:
    """A broker that was away tells of its consumers some seconds later; in the end the doctor's own word counts."""
    until_all_are_ready(stack)
    patience = time.monotonic() + _WELL_SECONDS
    while (said := doctor(stack)).returncode:
        assert time.monotonic() < patience, said.stdout + said.stderr


def test_a_stack_that_is_up_has_no_problem(stack: LocalStack) -> None:
    until_well(stack)
    said = doctor(stack)
    assert said.returncode == 0, said.stdout + said.stderr
    *lines, last = said.stdout.splitlines()
    assert last == "No problems"
    assert "ok 5 processes ready: api-1, webhooks-1, scanner-1, scanner-2, status-1" in lines
    told = json.loads(doctor(stack, "--json").stdout)
    assert told["problems"] == 0
    assert [check["check"] for check in told["checks"]] == [check.name for check in CHECKS]
    # A broker that has just started does not tell its alarms yet.
    assert {check["state"] for check in told["checks"] if check["check"] != "alarms"} == {"ok"}


def test_a_process_that_hangs_is_one_problem(stack: LocalStack) -> None:
    until_well(stack)
    scanner = find(stack.state.processes["scanner"][1])
    assert scanner is not None
    scanner.signal(signal.SIGSTOP)
    try:
        said = doctor(stack)
    finally:
        scanner.signal(signal.SIGCONT)
    assert said.returncode == 1
    assert said.stdout.splitlines()[-1] == "1 problem"
    [line] = [line for line in said.stdout.splitlines() if line.startswith("failed ")]
    assert line.startswith("failed scanner-2 does not answer at http://")
    assert line.endswith("Fix: run ./run down, then ./run up, or read its log")
