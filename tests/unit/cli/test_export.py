"""Exports are the API's files, as they come."""

from pathlib import Path

import httpx
import pytest

from cli.client.api import ApiClient
from cli.client.token_auth import BearerAuth, Token
from cli.commands.invoices import _target
from cli.errors import ApiProblemError


def api_that(answer: httpx.Response, asked: list[httpx.URL]) -> ApiClient:
    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return answer

    return ApiClient("http://api", BearerAuth(lambda: Token("token", 60)), httpx.MockTransport(respond))


def test_the_file_is_asked_for_with_the_filters_that_are_set() -> None:
    asked: list[httpx.URL] = []
    filters = {"vendor": "Kestrel & Co", "currency": None}
    with api_that(httpx.Response(200, content=b"a,b"), asked) as api, api.export("csv", **filters) as chunks:
        assert b"".join(chunks) == b"a,b"
    assert str(asked[0]) == "http://api/v1/invoices.csv?vendor=Kestrel+%26+Co"


def test_a_problem_is_told() -> None:
    problem = {"title": "The database is away", "detail": "Nothing was done.", "code": "database_unavailable"}
    api = api_that(httpx.Response(503, json=problem), [])
    with api, pytest.raises(ApiProblemError, match="The database is away"), api.export("xlsx"):
        pass


def test_a_file_is_there_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), _target(path) as target:
        target.write(b"half" * (1 // 0))
    assert [file.name for file in tmp_path.iterdir()] == ["invoices.csv"]
    assert path.read_bytes() == b"before"
    with _target(path) as target:
        target.write(b"all")
    assert path.read_bytes() == b"all"
