"""Following a scan over streams that break."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cli.client.api import ApiClient
from cli.client.task_watcher import ConnectionLost, TaskWatcher
from cli.client.token_auth import BearerAuth, Token
from cli.errors import ApiProblemError, ApiUnreachableError
from tests.unit.cli.builders import Json, task

Answer = Callable[[], httpx.Response]


def _stream(*tasks: Json) -> Answer:
    text = "".join(f"event: task\nid: {task['version']}\ndata: {json.dumps(task)}\n\n" for task in tasks)
    return lambda: httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


def _read(task: Json) -> Answer:
    return lambda: httpx.Response(200, json=task)


def _problem(status: int, code: str) -> Answer:
    document = {"title": "No luck", "detail": "No luck.", "code": code}
    return lambda: httpx.Response(status, json=document, headers={"Content-Type": "application/problem+json"})


def _refused() -> httpx.Response:
    raise httpx.ConnectError("refused")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def _follow(*answers: Answer, clock: Clock | None = None) -> Iterator[Any]:
    waiting = list(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0])()

    clock = clock or Clock()
    api = ApiClient("http://api", BearerAuth(lambda: Token("token", 60)), httpx.MockTransport(answer))
    return TaskWatcher(api, sleep=clock.sleep, clock=clock).watch_one("task-1")


def _versions(news: Iterator[Any]) -> list[int | str]:
    return ["lost" if isinstance(item, ConnectionLost) else item["version"] for item in news]


_FIRST, _SECOND, _LAST = task(version=1), task(version=2), task(version=3, status="DONE")


def test_every_newer_version_comes_once_until_the_end() -> None:
    assert _versions(_follow(_read(_FIRST), _stream(_FIRST, _SECOND, _SECOND, _LAST))) == [1, 2, 3]


def test_a_scan_that_has_ended_needs_no_stream() -> None:
    assert _versions(_follow(_read(_LAST), _refused)) == [3]


def test_a_broken_stream_is_opened_again_after_a_read() -> None:
    answers = (_read(_FIRST), _stream(_SECOND), _refused, _read(_SECOND), _stream(_FIRST, _LAST))
    assert _versions(_follow(*answers)) == [1, 2, "lost", "lost", 3]


def test_without_any_stream_reads_carry_it_to_the_end() -> None:
    away = _problem(503, "broker_unavailable")
    answers = (_read(_FIRST), away, _read(_SECOND), away, _read(_LAST))
    assert _versions(_follow(*answers)) == [1, "lost", 2, "lost", 3]


def test_a_stale_version_is_not_shown() -> None:
    assert _versions(_follow(_read(_SECOND), _stream(_FIRST, _LAST))) == [2, 3]


def test_a_problem_that_waiting_cannot_mend_ends_it() -> None:
    with pytest.raises(ApiProblemError, match="No luck"):
        list(_follow(_problem(404, "not_found")))


def test_it_gives_up_when_nothing_has_answered_for_minutes() -> None:
    clock = Clock()
    with pytest.raises(ApiUnreachableError):
        list(_follow(_read(_FIRST), _refused, clock=clock))
    assert 300 < clock.now < 360
