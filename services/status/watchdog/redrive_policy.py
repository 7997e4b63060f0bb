"""The redrive policy: when a silent task is redriven again and when it is given up, as a pure
function."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

MAX_TRIES = 3
"""Redrives in a row without an answer, after which a task fails."""

STALLED = "stalled"
"""The error code of a task that failed because no scanner answered."""

_LONGEST_PAUSE = dt.timedelta(minutes=30)


class RedriveReason(StrEnum):
    """The reason of a redrive: no scanner has answered yet, or the scan has been waiting since."""

    SILENT = "silent"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Redrive:
    """The last redrive of a task.

    `version` is the task's at that time. The redriven request itself changes nothing, so a later
    version means that a scanner has answered. `tries` counts redrives since the last answer,
    `answers` the answers. The next answer is awaited until `due`.
    """

    version: int
    tries: int
    answers: int
    due: dt.datetime


@dataclass(frozen=True, slots=True)
class Exhausted:
    """All tries were in vain.

    `at` is when the last one ended, the same for every watchdog that decides it.
    """

    at: dt.datetime


def decide(
    version: int, last: Redrive | None, *, now: dt.datetime, timeout: dt.timedelta
) -> Redrive | Exhausted | None:
    """Decide about a task that has been silent for `timeout`: the next redrive, the end, or nothing
    yet.

    Each answer to a redrive is an entry in the task's history. A scan that waits for hours must not
    fill it, so the pause doubles with each answer, up to half an hour.
    """
    if last is None:
        return Redrive(version, tries=1, answers=0, due=now + timeout)
    if now < last.due:
        return None
    if last.version != version:
        answers = last.answers + 1
        return Redrive(version, tries=1, answers=answers, due=now + _pause(timeout, answers))
    if last.tries < MAX_TRIES:
        return Redrive(version, tries=last.tries + 1, answers=last.answers, due=now + timeout)
    return Exhausted(last.due)


def _pause(timeout: dt.timedelta, answers: int) -> dt.timedelta:
    if timeout >= _LONGEST_PAUSE:
        return timeout
    return min(timeout * (1 << min(answers, 32)), _LONGEST_PAUSE)
