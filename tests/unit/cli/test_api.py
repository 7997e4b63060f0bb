"""The client: tokens, problems, pages, and names in paths."""

import json
from collections.abc import Callable

import httpx
import jwt
import pytest

from cli.client.api import ApiClient
from cli.client.stack_connection import issue_token
from cli.client.token_auth import BearerAuth, Token, operator_token
from cli.errors import ApiProblemError, ApiUnreachableError, CliError
from cli.mailboxes.lookup import find_account, find_task
from tests.unit.cli.builders import task

Answer = Callable[[httpx.Request], httpx.Response]

_AUTH = BearerAuth(lambda: Token("token", 60))
_NOT_FOUND = {"title": "There is nothing here, or it is not yours", "code": "not_found"}


def _api(answer: Answer) -> ApiClient:
    return ApiClient("http://api", _AUTH, httpx.MockTransport(answer))


def _not_found() -> httpx.Response:
    return httpx.Response(404, json={**_NOT_FOUND, "detail": _NOT_FOUND["title"] + "."})


def test_a_token_is_renewed_when_half_of_its_time_is_over() -> None:
    issued, now = iter("abc"), [0.0]
    auth = BearerAuth(lambda: Token(next(issued), 60), clock=lambda: now[0])
    sent = []
    with httpx.Client(auth=auth, transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        for now[0] in (0, 29, 30, 59, 61):
            sent.append(client.get("http://api").request.headers["Authorization"][-1])
    assert sent == ["a", "a", "b", "b", "c"]


def test_the_operators_token_is_short_and_signed_with_the_stacks_key() -> None:
    key = "0123456789abcdef0123456789abcdef"
    claims = jwt.decode(operator_token(key).text, key, algorithms=["HS256"])
    assert (claims["sub"], claims["admin"]) == ("operator", True)
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"title": "It is gone", "detail": "It is gone.", "code": "x"}, "It is gone."),
        (
            {"title": "The database is away", "detail": "Nothing was done.", "code": "x"},
            "The database is away. Nothing was done.",
        ),
        (
            {
                "title": "Not valid",
                "detail": "Not valid.",
                "code": "x",
                "errors": [{"pointer": "/months", "detail": "Too many"}],
            },
            "Not valid. months: Too many.",
        ),
    ],
)
def test_a_problem_is_told_in_the_words_of_the_api(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(ApiProblemError) as raised:
        _api(lambda _: httpx.Response(409, json=document)).scan("x")
    assert (str(raised.value), raised.value.status, raised.value.code) == (sentence, 409, "x")


def test_an_answer_that_is_no_problem_document_is_told_by_its_status() -> None:
    with pytest.raises(ApiProblemError, match="status 502"):
        _api(lambda _: httpx.Response(502, text="<html>Bad gateway")).scan("x")


def test_an_api_that_is_not_there_is_said_with_its_address() -> None:
    def refused(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ApiUnreachableError, match=r"http://api.*\./run up"):
        _api(refused).scan("x")


def test_pages_are_read_to_the_end() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor")
        assert request.url.params["vendor"] == "Bell & Co"
        assert "from" not in request.url.params
        return httpx.Response(
            200, json={"items": [{"id": cursor}], "next_cursor": {None: "a", "a": "b", "b": None}[cursor]}
        )

    filters = {"vendor": "Bell & Co", "from": None}
    assert [invoice["id"] for invoice in _api(page).invoices(**filters)] == [None, "a", "b"]


def test_a_name_cannot_lead_to_another_path() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(200, json={})

    _api(answer).token("../x?y=/z")
    assert seen == [b"/v1/admin/users/..%2Fx%3Fy%3D%2Fz/tokens"]


def test_a_user_is_made_only_when_there_is_none_and_never_changed() -> None:
    users, calls = {"admin"}, []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        name = request.url.path.split("/")[4]
        if request.method == "PUT":
            users.add(name)
            return httpx.Response(201, json={"name": name, **json.loads(request.content)})
        return httpx.Response(200, json={"access_token": name}) if name in users else _not_found()

    assert issue_token(_api(answer), "admin")["access_token"] == "admin"
    assert calls == ["POST"]
    assert issue_token(_api(answer), "ada")["access_token"] == "ada"
    assert calls == ["POST", "POST", "PUT", "POST"]


def test_a_mailbox_is_found_by_its_name_and_a_near_miss_is_suggested() -> None:
    accounts = [{"account_id": "1", "label": "archive.mbox"}, {"account_id": "2", "label": "office"}]
    api = _api(lambda _: httpx.Response(200, json={"items": accounts}))
    assert [find_account(api, name)["account_id"] for name in ("archive.mbox", "2")] == ["1", "2"]
    with pytest.raises(CliError, match=r'No mailbox "archive.mbx". Did you mean archive.mbox\?'):
        find_account(api, "archive.mbx")


def test_a_scan_is_found_by_the_beginning_of_its_id() -> None:
    tasks = [task(task_id=name) for name in ("aaaa-1", "aaaa-2", "bbbb-1")]

    def answer(request: httpx.Request) -> httpx.Response:
        last = request.url.path.rsplit("/", 1)[1]
        if last == "scans":
            return httpx.Response(200, json={"items": tasks, "next_cursor": None})
        return next((httpx.Response(200, json=one) for one in tasks if one["task_id"] == last), _not_found())

    api = _api(answer)
    assert [find_task(api, text)["task_id"] for text in ("aaaa-1", "bbbb")] == ["aaaa-1", "bbbb-1"]
    with pytest.raises(CliError, match="2 scans begin with"):
        find_task(api, "aaaa")
    with pytest.raises(CliError, match="No scan"):
        find_task(api, "cccc")
    with pytest.raises(ApiProblemError):
        find_task(api, "b")
