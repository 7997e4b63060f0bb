"""What a drill says at its end."""

import pytest

from cli.ui.console import open_output
from tools.drill.checks.result import CheckResult
from tools.drill.faults import Done
from tools.drill.plan import Size, make_plan
from tools.drill.report import as_json, print_plan, print_result
from tools.drill.runner import Result

PLAN = make_plan(7, Size(faults=2, scans=4, users=2))
GOOD = CheckResult("No scan failed", "4 scans")
BAD = CheckResult("No dead letters", "4 queues", [f"case {number}" for number in range(7)])


def result(*checks: CheckResult) -> Result:
    ready = (3.0, 12.0)
    faults = [(Done(fault, 0.0), after) for fault, after in zip(PLAN.faults, ready, strict=True)]
    return Result(PLAN, checks, faults, 9.0)


def test_what_holds_is_said_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(open_output(plain=True), result(GOOD))
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "No scan failed" in line] == ["ok  No scan failed  4 scans"]
    assert said[-1] == "All 1 invariants hold. Everything had recovered 9.0 s after the last fault."


def test_what_is_broken_is_said_with_cases_and_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(open_output(plain=True), result(GOOD, BAD))
    said = capsys.readouterr().out
    assert "broken  No dead letters  4 queues\n" in said
    assert said.count("! No dead letters: case") == 5
    assert "and 2 more; --json has them all" in said
    assert said.splitlines()[-1] == "1 of 2 invariants broken. The same faults again: --seed 7"


def test_the_plan_names_the_seed_and_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(open_output(plain=True), PLAN)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Chaos test --seed 7: 4 scans of 2 users, 2 faults"
    assert len(said) == 1 + 1 + 2 + 1


def test_the_document_holds_every_case_and_every_fault() -> None:
    told = as_json(result(GOOD, BAD))
    assert (told["seed"], told["holds"], told["scans"], told["recovered_after"]) == (7, False, 4, 9.0)
    assert [len(item["broken"]) for item in told["invariants"]] == [0, 7]
    assert [item["ready_after"] for item in told["faults"]] == [3.0, 12.0]
