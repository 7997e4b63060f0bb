"""How long the watchdog waits for a silent task, and when it gives up."""

import datetime as dt

from services.status.watchdog.redrive_policy import Attempt, GivenUp, judge

NOW = dt.datetime(2026, 3, 1, 9, 0, 0, tzinfo=dt.UTC)
PATIENCE = dt.timedelta(minutes=2)


def made(verdict: Attempt | GivenUp | None) -> Attempt:
    assert isinstance(verdict, Attempt)
    return verdict


def test_three_attempts_without_an_answer_are_the_end_at_the_time_when_patience_was_over() -> None:
    now, last = NOW, made(judge(1, None, now=NOW, patience=PATIENCE))
    assert (last.tries, last.due) == (1, NOW + PATIENCE)
    for tries in (2, 3):
        now += PATIENCE
        last = made(judge(1, last, now=now, patience=PATIENCE))
        assert (last.tries, last.due) == (tries, now + PATIENCE)
    an_hour_late = now + dt.timedelta(hours=1)
    assert judge(1, last, now=an_hour_late, patience=PATIENCE) == GivenUp(now + PATIENCE)


def test_nothing_is_done_before_an_attempt_is_due() -> None:
    last = made(judge(1, None, now=NOW, patience=PATIENCE))
    early = last.due - dt.timedelta(milliseconds=1)
    assert judge(1, last, now=early, patience=PATIENCE) is None
    assert judge(2, last, now=early, patience=PATIENCE) is None


def test_an_answer_lets_the_count_begin_again() -> None:
    last = Attempt(version=1, tries=3, answers=0, due=NOW)
    assert made(judge(2, last, now=NOW, patience=PATIENCE)).tries == 1


def test_a_waiting_scan_is_asked_ever_more_rarely_down_to_twice_an_hour() -> None:
    last = made(judge(1, None, now=NOW, patience=PATIENCE))
    pauses = []
    for version in range(2, 100):
        now = last.due
        last = made(judge(version, last, now=now, patience=PATIENCE))
        pauses.append((last.due - now).total_seconds() / 60)
    assert pauses[:5] == [4, 8, 16, 30, 30]
    assert set(pauses[5:]) == {30}


def test_after_answers_silence_is_judged_by_the_usual_patience() -> None:
    last = Attempt(version=7, tries=1, answers=6, due=NOW)
    assert made(judge(7, last, now=NOW, patience=PATIENCE)).due == NOW + PATIENCE


def test_a_patience_beyond_half_an_hour_is_never_shortened() -> None:
    patience = dt.timedelta(hours=2)
    last = Attempt(version=1, tries=1, answers=3, due=NOW)
    assert made(judge(2, last, now=NOW, patience=patience)).due == NOW + patience
