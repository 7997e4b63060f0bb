"""Ctrl-C while a scan is watched: asked once, and never answered with a silent end."""

import io
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from rich.console import Console

from cli.client.api import ApiClient
from cli.client.token_auth import BearerAuth, Token
from cli.ui import watch as watching
from cli.ui.console import Output
from cli.ui.progress_lines import ProgressRow
from cli.ui.watch import ScanLeftRunningError, watch_scan

TASK_ID = "0123456789abcdef"


class Typewriter(io.StringIO):
    """A terminal that the person interrupts while a text is being written to it."""

    def __init__(self, interrupted_at: str) -> None:
        super().__init__()
        self._interrupted_at = interrupted_at

    def write(self, text: str) -> int:
        if self._interrupted_at and self._interrupted_at in text:
            self._interrupted_at = ""
            raise KeyboardInterrupt
        return super().write(text)


@pytest.fixture
def api() -> ApiClient:
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    return ApiClient("http://api", BearerAuth(lambda: Token("token", 60)), transport)


@pytest.fixture(autouse=True)
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def ctrl_c(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "follow_scan", ctrl_c)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def watch_with(screen: io.StringIO, api: ApiClient) -> None:
    console = Console(file=screen, width=200)
    watch_scan(api, ProgressRow("archive.mbox"), TASK_ID, Output(console, console, plain=True), silent=True)


def left_at(moment: str, api: ApiClient, read_key: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(watching, "read_key", read_key)
    with pytest.raises(ScanLeftRunningError, match=f"mailtally tasks watch {TASK_ID[:8]}"):
        watch_with(screen := Typewriter(moment), api)
    return screen.getvalue()


def test_n_leaves_the_scan_running(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "[y] cancel" in left_at("", api, lambda: "n", monkeypatch)


def test_ctrl_c_at_the_question_leaves_the_scan_running(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def ctrl_c() -> str:
        raise KeyboardInterrupt

    left_at("", api, ctrl_c, monkeypatch)


def test_ctrl_c_before_a_key_can_be_read_leaves_the_scan_running(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_at("Cancel the scan?", api, lambda: pytest.fail("nobody is there to answer"), monkeypatch)
