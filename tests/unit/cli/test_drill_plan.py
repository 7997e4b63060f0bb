"""A seed tells all that a drill will do."""

from collections import Counter

import pytest

from tools.drill.display import describe
from tools.drill.plan import Fault, Kind, Size, make_plan

DECK = 30
"""Every kind of fault on every target that it can have."""


def test_the_same_seed_plans_the_same_and_another_something_else() -> None:
    size = Size()
    assert make_plan(7, size) == make_plan(7, size)
    assert make_plan(7, size).faults != make_plan(8, size).faults


def test_fewer_faults_are_the_first_ones_of_more() -> None:
    assert make_plan(7, Size(faults=40)).faults[:5] == make_plan(7, Size(faults=5)).faults


def test_every_fault_comes_once_before_one_comes_again() -> None:
    faults = make_plan(3, Size(faults=2 * DECK)).faults
    rounds = [Counter((f.kind, f.target) for f in faults[start : start + DECK]) for start in (0, DECK)]
    assert rounds[0] == rounds[1]
    assert {kind for kind, _ in rounds[0]} == set(Kind)
    assert max(number for (kind, _), number in rounds[0].items() if kind is not Kind.REPEAT) == 1
    assert {target for kind, target in rounds[0] if kind is Kind.KILL} == {
        *("api-1", "scanner-1", "scanner-2", "status-1", "status-2", "rabbitmq", "mongod")
    }


def test_each_user_scans_each_mailbox_once_and_only_the_last_cancels() -> None:
    plan = make_plan(1, Size(faults=20, scans=13, users=3))
    starts = [(step.user, step.mailbox) for step in plan.steps if not step.cancel]
    assert sorted(starts) == [(user, mailbox) for user in range(3) for mailbox in range(5)]
    assert {step.user for step in plan.steps if step.cancel} == {2}


def test_a_scan_is_cancelled_after_it_was_asked_for_and_scans_go_on_to_the_last_fault() -> None:
    plan = make_plan(1, Size())
    started = {(step.user, step.mailbox): step.at for step in plan.steps if not step.cancel}
    assert all(step.at >= started[step.user, step.mailbox] for step in plan.steps if step.cancel)
    assert max(started.values()) > plan.faults[-1].at * 0.9
    actions = [action.at for action in plan.actions]
    assert actions == sorted(actions)


def test_the_only_user_cancels_nothing() -> None:
    assert not any(step.cancel for step in make_plan(1, Size(users=1)).steps)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(1, Kind.KILL, "scanner-2", 0, 0), "kill scanner-2"),
        (Fault(1, Kind.FREEZE, "mongod", 0, 4), "freeze mongod for 4 s"),
        (Fault(1, Kind.CUT, "api>rabbitmq", 0, 0), "cut api from rabbitmq"),
        (Fault(1, Kind.STALL, "status>mongod", 0, 12), "stall status to mongod for 12 s"),
        (Fault(1, Kind.REPEAT, "events", 0, 0), "repeat events"),
    ],
)
def test_a_fault_is_said_in_words(fault: Fault, words: str) -> None:
    assert describe(fault) == words
