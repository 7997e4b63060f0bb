"""`mailtally dead-letters` asks the API, and does nothing that was not clearly asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cli.client.api import ApiClient
from cli.client.token_auth import BearerAuth, Token
from cli.invocation import Invocation
from cli.main import main

A = {"id": "a1", "queue": "scanner.slices", "at": "2026-11-12T09:00:00.000Z", "reason": "a bug", "tries": 1}
B = {"id": "b2", "queue": "status.scan.events", "at": None, "reason": None, "tries": 2}
QUEUES = {"scanner.slices": 1, "status.scan.events": 3, "scanner.scan.requested": 0}
_GONE = {"title": "There is nothing here", "detail": "It is gone.", "code": "not_found"}
PREFIX = "/v1/admin/dead-letters"


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the API was told to move."""
    told: list[tuple[str, Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(PREFIX)
        if request.method == "POST":
            told.append((path, body := json.loads(request.content)))
            return httpx.Response(200, json={"ids": body.get("ids") or ["x"] * QUEUES[body["queue"]]})
        if path == "":
            return httpx.Response(200, json={"items": [A, B], "queues": QUEUES})
        found = {"/a1": A, "/b2": B}.get(path)
        return httpx.Response(200, json=found) if found else httpx.Response(404, json=_GONE)

    @contextmanager
    def operator(_: Invocation) -> Iterator[ApiClient]:
        yield ApiClient("http://api", BearerAuth(lambda: Token("token", 60)), httpx.MockTransport(respond))

    monkeypatch.setattr(Invocation, "operator", operator)
    return told


def test_the_list_says_what_it_leaves_out(moved: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dead-letters", "list"]) == 0
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.out.splitlines()[-2:]] == ["a1", "b2"]
    assert "the oldest 2 of 4" in captured.err
    assert moved == []


def test_all_moves_each_queue_that_has_some(moved: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dead-letters", "redrive", "--all", "--yes"]) == 0
    assert moved == [("/redrive", {"queue": "scanner.slices"}), ("/redrive", {"queue": "status.scan.events"})]
    assert "Redrove 4 dead letters" in capsys.readouterr().err
    assert main(["dead-letters", "drop", "--all", "--queue", "scanner.slices", "--yes"]) == 0
    assert moved[2:] == [("/drop", {"queue": "scanner.slices"})]


def test_ids_are_moved_only_if_all_are_there(moved: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dead-letters", "drop", "a1", "c3", "--yes"]) == 1
    assert 'No dead letter "c3".' in capsys.readouterr().err
    assert moved == []
    assert main(["dead-letters", "drop", "a1", "b2", "--yes"]) == 0
    assert moved == [("/drop", {"ids": ["a1", "b2"]})]


@pytest.mark.parametrize("arguments", [[], ["a1", "--all"], ["a1"], ["--all", "--queue", "elsewhere", "--yes"]])
def test_nothing_is_moved_by_half_a_wish(arguments: list[str], moved: list[Any]) -> None:
    assert main(["dead-letters", "drop", *arguments]) != 0
    assert moved == []
