"""How far back a scan goes, as a person says it and as the API is asked."""

import json

import httpx
import pytest
import typer

from cli.client.api import Api
from cli.client.token_auth import Bearer, Token
from cli.parsing.months_option import ALL_MAIL, Reach, parse_reach
from tests.unit.cli.builders import task


@pytest.mark.parametrize(("text", "reach"), [("1", Reach(1)), ("12", Reach(12)), ("all", ALL_MAIL)])
def test_months_are_a_number_or_all(text: str, reach: Reach) -> None:
    assert parse_reach(text) == reach


@pytest.mark.parametrize("text", ["0", "13", "-1", "1.5", "", "ALL", "²"])
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(typer.BadParameter, match='months from 1 to 12, nor "all"'):
        parse_reach(text)


@pytest.mark.parametrize(("reach", "asked"), [(None, {}), (Reach(3), {"months": 3}), (ALL_MAIL, {"months": None})])
def test_the_api_is_asked_for_no_limit_only_by_all(reach: Reach | None, asked: dict[str, int | None]) -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(202, json=task())

    api = Api("http://api", Bearer(lambda: Token("token", 60)), httpx.MockTransport(answer))
    api.start_scan("account-1", months=reach, full=False)
    assert bodies == [{"scan_type": "all", "full": False, **asked}]
