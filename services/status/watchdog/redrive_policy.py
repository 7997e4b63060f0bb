"""How long a silent task is waited for, as a pure function of what has been tried."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

TRIES = 3
"""Redrives in a row without an answer, after which a task is given up."""

STALLED = "stalled"
"""The error code of a task that was given up."""

_LONGEST_PAUSE = dt.timedelta(minutes=30)


class Reason(StrEnum):
    """Why a request is published again: nobody has answered it yet, or its scan has been waiting since."""

    SILENT = "silent"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last redrive of a task.

    `version` is the task's at that time: a request that is seen again changes nothing, so a later one means that
    somebody has answered. `tries` counts redrives since the last answer, `answers` the answers. Until `due` the next
    answer is waited for.
    """

    version: int
    tries: int
    answers: int
    due: dt.datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nobody answers. `at` is when the patience was over, the same for whoever finds out and whenever."""

    at: dt.datetime


def judge(version: int, last: Attempt | None, *, now: dt.datetime, patience: dt.timedelta) -> Attempt | GivenUp | None:
    """What to do about a task that has been silent for `patience`: the next attempt, the end, or nothing yet.

    Each answer to a redrive is an entry in the task's history. A scan that waits for hours must not fill it, so the
    pause doubles with each answer, up to half an hour.
    """
    if last is None:
        return Attempt(version, tries=1, answers=0, due=now + patience)
    if now < last.due:
        return None
    if last.version != version:
        answers = last.answers + 1
        return Attempt(version, tries=1, answers=answers, due=now + _pause(patience, answers))
    if last.tries < TRIES:
        return Attempt(version, tries=last.tries + 1, answers=last.answers, due=now + patience)
    return GivenUp(last.due)


def _pause(patience: dt.timedelta, answers: int) -> dt.timedelta:
    if patience >= _LONGEST_PAUSE:
        return patience
    return min(patience * (1 << min(answers, 32)), _LONGEST_PAUSE)
