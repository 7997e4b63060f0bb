"""The doctor of a stack that is well, and of one in which a scanner hangs."""

import json
import signal
from collections.abc import Callable

import httpx
import pytest

from cli.doctor.checks import CHECKS
from cli.main import main
from tests.e2e.conftest import LocalStack
from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.processes import find_process

Doctor = Callable[..., tuple[int, str]]


@pytest.fixture
def doctor(stack: LocalStack, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Exit code and output of `mailtally doctor` on the stack."""

    def ask(*options: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["--local", str(stack.layout.local), "doctor", *options])
        return code, capsys.readouterr().out

    return ask


@pytest.fixture
def well(stack: LocalStack, doctor: Doctor) -> str:
    """What the doctor says once there is no problem: tests before may have killed services, and a broker that was away
    tells of its consumers some seconds later."""
    listed = [urls if isinstance(urls, list) else [urls] for urls in stack.state.metrics.values()]
    health = [url.replace("/metrics", "/readyz") for urls in listed for url in urls]

    def finds_nothing() -> str:
        code, said = doctor()
        return said if code == 0 else ""

    eventually_sync(lambda: all(map(_is_ready, health)))
    return eventually_sync(finds_nothing)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=SECONDS).is_success
    except httpx.TransportError:
        return False


def test_a_stack_that_is_up_has_no_problem(doctor: Doctor, well: str) -> None:
    *lines, last = well.splitlines()
    assert last == "No problems"
    assert "ok 5 processes ready: api-1, webhooks-1, scanner-1, scanner-2, status-1" in lines
    _, said = doctor("--json")
    told = json.loads(said)
    assert told["problems"] == 0
    assert [check["check"] for check in told["checks"]] == [check.name for check in CHECKS]
    # A broker that has just started does not tell its alarms yet.
    assert {check["state"] for check in told["checks"] if check["check"] != "alarms"} == {"ok"}


@pytest.mark.usefixtures("well")
def test_a_process_that_hangs_is_one_problem(stack: LocalStack, doctor: Doctor) -> None:
    scanner = find_process(stack.state.processes["scanner"][1])
    assert scanner is not None
    scanner.signal(signal.SIGSTOP)
    try:
        code, said = doctor()
    finally:
        scanner.signal(signal.SIGCONT)
    assert code == 1
    assert said.splitlines()[-1] == "1 problem"
    [line] = [line for line in said.splitlines() if line.startswith("failed ")]
    assert line.startswith("failed scanner-2 does not answer at http://")
    assert line.endswith("Fix: run ./run down, then ./run up, or read its log")
