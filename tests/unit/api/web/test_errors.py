"""Error answers take the form that the client asks for."""

import pytest
from starlette.types import Scope

from services.api.http.problems import Problem, problem_response, unavailable
from services.api.web.errors import error_page

TRACE = "7f41c2"


def scope(path: str = "/scans", accept: str = "text/html,*/*;q=0.8", method: str = "GET") -> Scope:
    headers = [(b"accept", accept.encode()), (b"host", b"mail.example")]
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers, "scheme": "http"}


def shown(problem: Problem, where: Scope, trace_id: str | None = None) -> str:
    return bytes(error_page(where, problem_response(problem, path=where["path"], trace_id=trace_id)).body).decode()


def test_a_database_that_is_away_is_said_and_asked_again() -> None:
    answer = error_page(scope(), problem_response(unavailable("database_unavailable"), path="/scans"))
    page = bytes(answer.body).decode()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "Mailtally cannot reach its database. Nothing is lost. Trying again in 5 s." in page
    assert '<meta http-equiv="refresh" content="5">' in page


def test_a_form_that_was_sent_is_not_sent_again() -> None:
    assert "http-equiv" not in shown(unavailable("broker_unavailable"), scope(method="POST"))


def test_what_broke_is_told_with_the_name_to_look_for() -> None:
    page = shown(Problem("internal_error"), scope(), TRACE)
    assert "Mailtally failed to handle this request. The log has the details under 7f41c2." in page
    assert "500" not in page.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("where", [scope("/v1/scans"), scope(accept="application/json"), scope(accept="*/*")])
def test_programs_get_the_problem_as_it_is(where: Scope) -> None:
    answer = problem_response(Problem("not_found"), path="/scans")
    assert error_page(where, answer) is answer
