"""A shell is never told of trouble while it completes: it is offered nothing."""

from pathlib import Path

import pytest
import typer

from cli.commands.completion import complete_mailbox, complete_task
from cli.main import app
from tools.stack.layout import Layout


@pytest.fixture
def context(tmp_path: Path) -> typer.Context:
    Layout(tmp_path).create()
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="mailtally")
    context.params = {"local": tmp_path}
    return context


def test_nothing_is_offered_and_nothing_started_when_no_stack_is_up(context: typer.Context, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert complete_task(context, "") == complete_mailbox(context, "") == []
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_offered_when_the_stack_does_not_answer(
    context: typer.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.completion.api_url", lambda _: "http://127.0.0.1:1")
    assert complete_task(context, "0198") == complete_mailbox(context, "Off") == []
