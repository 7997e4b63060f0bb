"""A log line is one JSON object, and quotes nothing of what an exception was raised for."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from shared.observability import logs

SECRET = "ada@example.test"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.basicConfig(level=level, handlers=handlers, force=True)


def fail() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise ExceptionGroup(SECRET, [KeyError(SECRET)]) from error


def logged(capsys: pytest.CaptureFixture[str], style: Literal["json", "console"]) -> str:
    logs.configure("scanner", style=style)
    try:
        fail()
    except ExceptionGroup:
        logging.getLogger("mailtally.test").exception("it failed", extra={"task_id": "task-1"})
    return capsys.readouterr().out


def test_a_line_is_one_object_that_says_when_who_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = logged(capsys, "json").splitlines()
    said = json.loads(line)
    assert said.keys() == {"at", "level", "logger", "message", "service", "task_id", "exc_info"}
    assert (said["service"], said["level"], said["message"]) == ("scanner", "ERROR", "it failed")


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_exception_is_told_by_type_and_place_without_its_text(
    style: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    said = logged(capsys, style)
    assert SECRET not in said
    for part in ("builtins.ValueError", "ExceptionGroup", "builtins.KeyError", "in fail"):
        assert part in said
