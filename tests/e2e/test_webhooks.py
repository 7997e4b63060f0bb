"""`mailtally webhooks` and a scan whose events reach a receiver, in the running product."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from cli.main import main
from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person
from tests.support.mailboxes import Samples
from tests.support.waiting import SECONDS

Output = pytest.CaptureFixture[str]


class Inbox:
    """What was posted."""

    def __init__(self) -> None:
        self.posts: list[tuple[bytes, dict[str, str]]] = []
        self.arrived = threading.Condition()

    def put(self, body: bytes, headers: dict[str, str]) -> None:
        with self.arrived:
            self.posts.append((body, headers))
            self.arrived.notify_all()

    def until(self, kind: str) -> None:
        """Wait for an event of this type."""

        def is_there() -> bool:
            return any(json.loads(body)["type"] == f"io.mailtally.{kind}" for body, _ in self.posts)

        with self.arrived:
            assert self.arrived.wait_for(is_there, SECONDS), kind


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    """And its address."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inbox.put(self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield inbox, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def run(stack: LocalStack, *arguments: str) -> int:
    return main(["--local", str(stack.layout.local), "webhooks", *arguments])


def test_a_scan_is_told_to_a_webhook_that_the_command_line_added(
    stack: LocalStack,
    person: Callable[[], Person],
    samples: Samples,
    inbox: tuple[Inbox, str],
    capsys: Output,
) -> None:
    posted, url = inbox
    ada = person()
    capsys.readouterr()
    types = ("--event", "invoice.found.v1", "--event", "scan.completed.v1")
    assert run(stack, "add", url, *types, "--label", "Books", "--user", ada.name) == 0
    secret = capsys.readouterr().out.strip()
    ended = ada.scan(samples.first_messages("ada", 100))
    posted.until("scan.completed.v1")
    events: list[dict[str, Any]] = [Webhook(secret).verify(body, headers) for body, headers in posted.posts]
    assert len(ada.invoices()) == sum(event["type"].endswith("invoice.found.v1") for event in events) > 0
    assert {event["subject"] for event in events} == {ended["task_id"]}
    assert run(stack, "test", "Books", "--user", ada.name) == 0
    posted.until("webhook.test.v1")
    assert run(stack, "list", "--user", ada.name) == 0
    assert "works" in capsys.readouterr().out
    assert run(stack, "deliveries", "Books", "--user", ada.name, "--json") == 0
    listed = json.loads(capsys.readouterr().out)["items"]
    assert {one["event_id"] for one in listed} == {json.loads(body)["id"] for body, _ in posted.posts}
    assert run(stack, "deliveries", "Books", "--user", ada.name) == 0
    assert "invoice.found.v1" in capsys.readouterr().out
    assert run(stack, "remove", "Books", "--user", ada.name) == 0
    assert run(stack, "remove", "Books", "--user", ada.name) == 1
