"""How long the watchdog waits for a silent task, and when it gives up."""

import datetime as dt

from services.status.watchdog.redrive_policy import Exhausted, Redrive, decide

NOW = dt.datetime(2026, 3, 1, 9, 0, 0, tzinfo=dt.UTC)
PATIENCE = dt.timedelta(minutes=2)


def made(verdict: Redrive | Exhausted | None) -> Redrive:
    assert isinstance(verdict, Redrive)
    return verdict


def test_three_attempts_without_an_answer_are_the_end_at_the_time_when_patience_was_over() -> None:
    now, last = NOW, made(decide(1, None, now=NOW, timeout=PATIENCE))
    assert (last.tries, last.due) == (1, NOW + PATIENCE)
    for tries in (2, 3):
        now += PATIENCE
        last = made(decide(1, last, now=now, timeout=PATIENCE))
        assert (last.tries, last.due) == (tries, now + PATIENCE)
    an_hour_late = now + dt.timedelta(hours=1)
    assert decide(1, last, now=an_hour_late, timeout=PATIENCE) == Exhausted(now + PATIENCE)


def test_nothing_is_done_before_an_attempt_is_due() -> None:
    last = made(decide(1, None, now=NOW, timeout=PATIENCE))
    early = last.due - dt.timedelta(milliseconds=1)
    assert decide(1, last, now=early, timeout=PATIENCE) is None
    assert decide(2, last, now=early, timeout=PATIENCE) is None


def test_an_answer_lets_the_count_begin_again() -> None:
    last = Redrive(version=1, tries=3, answers=0, due=NOW)
    assert made(decide(2, last, now=NOW, timeout=PATIENCE)).tries == 1


def test_a_waiting_scan_is_asked_ever_more_rarely_down_to_twice_an_hour() -> None:
    last = made(decide(1, None, now=NOW, timeout=PATIENCE))
    pauses = []
    for version in range(2, 100):
        now = last.due
        last = made(decide(version, last, now=now, timeout=PATIENCE))
        pauses.append((last.due - now).total_seconds() / 60)
    assert pauses[:5] == [4, 8, 16, 30, 30]
    assert set(pauses[5:]) == {30}


def test_after_answers_silence_is_judged_by_the_usual_patience() -> None:
    last = Redrive(version=7, tries=1, answers=6, due=NOW)
    assert made(decide(7, last, now=NOW, timeout=PATIENCE)).due == NOW + PATIENCE


def test_a_patience_beyond_half_an_hour_is_never_shortened() -> None:
    timeout = dt.timedelta(hours=2)
    last = Redrive(version=1, tries=1, answers=3, due=NOW)
    assert made(decide(2, last, now=NOW, timeout=timeout)).due == NOW + timeout
