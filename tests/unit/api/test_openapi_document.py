"""The OpenAPI document: kept in docs, with examples that fit, and shown as a page that needs nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from services.api.export_openapi import text
from services.api.http.problems import PROBLEM_TYPES, ProblemDetails
from services.api.main import application
from services.api.openapi.examples import EXAMPLES
from shared.events import Task
from shared.invoices import Invoice
from tests.support.openapi import operations

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = application().openapi()


def test_the_copy_in_docs_is_what_the_api_gives() -> None:
    kept = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert kept == text(), "run: .local/venv/bin/python -m services.api.export_openapi > docs/openapi.json"


@pytest.mark.parametrize("model", [Task, Invoice, ProblemDetails])
def test_examples_are_whole_and_valid(model: type[BaseModel]) -> None:
    example = EXAMPLES[model.__name__]
    read = model.model_validate(example)
    assert read.model_dump(mode="json", by_alias=True, exclude_none=model is ProblemDetails) == example


def test_every_operation_says_what_it_is_which_errors_it_has_and_who_may_use_it() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    seen = list(operations(DOCUMENT))
    assert len(seen) > 35
    for operation in seen:
        assert operation.told["description"], operation
        answers = operation.told["responses"]
        assert {"500", "503"} <= answers.keys(), operation
        assert "default" not in answers
        for status, told in answers.items():
            if int(status) >= 400:
                codes = re.findall(r"`([a-z_]+)`: ", told["description"])
                assert {PROBLEM_TYPES[code].status for code in codes} == {int(status)}, operation
                assert list(told["content"]) == ["application/problem+json"], operation
        if operation.path_parameters:
            assert "404" in answers, operation
        if not operation.path.startswith("/v1/auth/"):
            assert {"401", "429"} <= answers.keys(), operation
            assert {"bearer": []} in operation.told["security"]


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.found: list[str] = []
        self.styled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.styled |= any(name == "style" or name.startswith("on") for name, _ in attrs)
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


async def test_the_page_is_complete_by_itself_under_a_strict_policy() -> None:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        page = await client.get("/docs")
        style = await client.get("/docs/style.css")
    parser = _Addresses()
    parser.feed(page.text)
    assert not parser.tags & {"script", "style", "img", "iframe"}
    assert not parser.styled
    assert all(address.startswith(("#", "/docs/", "/openapi.json")) for address in parser.found)
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert style.headers["content-type"].startswith("text/css")
    for operation in operations(DOCUMENT):
        assert f"<code>{operation.path}</code>" in page.text


async def test_every_code_is_explained_where_answers_point_to() -> None:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        for code, kind in PROBLEM_TYPES.items():
            answer = await client.get(f"/docs/problems/{code}")
            assert kind.title in answer.text
        assert (await client.get("/docs/problems/nothing")).status_code == 404
