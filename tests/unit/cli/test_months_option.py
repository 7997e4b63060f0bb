"""How far back a scan goes, as a person says it and as the API is asked."""

import json

import httpx
import pytest
import typer

from cli.client.api import ApiClient
from cli.client.token_auth import BearerAuth, Token
from cli.parsing.months_option import ALL_MAIL, MonthsBack, parse_months
from tests.unit.cli.builders import task


@pytest.mark.parametrize(("text", "reach"), [("1", MonthsBack(1)), ("12", MonthsBack(12)), ("all", ALL_MAIL)])
def test_months_are_a_number_or_all(text: str, reach: MonthsBack) -> None:
    assert parse_months(text) == reach


@pytest.mark.parametrize("text", ["0", "13", "-1", "1.5", "", "ALL", "²"])
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(typer.BadParameter, match='number from 1 to 12 nor "all"'):
        parse_months(text)


@pytest.mark.parametrize(("reach", "asked"), [(None, {}), (MonthsBack(3), {"months": 3}), (ALL_MAIL, {"months": None})])
def test_the_api_is_asked_for_no_limit_only_by_all(reach: MonthsBack | None, asked: dict[str, int | None]) -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(202, json=task())

    api = ApiClient("http://api", BearerAuth(lambda: Token("token", 60)), httpx.MockTransport(answer))
    api.start_scan("account-1", months=reach, full=False)
    assert bodies == [{"scan_type": "all", "full": False, **asked}]
