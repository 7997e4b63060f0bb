"""What the doctor says of answers that no test's server gives, of the files of a stack, and of replicas."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.broker import check_alarms
from cli.doctor.connections import ServerConnections
from cli.doctor.machine import check_disk, check_seal_keys, check_secrets
from cli.doctor.result import Finding, State
from cli.doctor.services import check_builds, check_services
from cli.doctor.target import Target, find_target
from cli.doctor.versions import MONGODB, RABBITMQ, check_python, parse
from cli.errors import CliError
from cli.main import main
from shared.version import VERSION
from tests.support.waiting import SECONDS
from tools.stack.layout import Layout
from tools.stack.secrets import Secrets

Check = Callable[[ServerConnections], Iterator[Finding]]
NODE = {
    "name": "rabbit@a",
    "running": True,
    "disk_free_alarm": False,
    "disk_free": 9 * 10**9,
    "disk_free_limit": 10**9,
    "mem_alarm": False,
    "mem_used": 2 * 10**8,
    "mem_limit": 10**9,
    "partitions": [],
}


def found(check: Check, target: Target | None = None) -> list[Finding]:
    with ServerConnections(target or Target()) as servers:
        return list(check(servers))


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, State.OK, "no alarms; 9.0 GB of disk are free"),
        ({"disk_free_alarm": True, "disk_free": 5 * 10**7}, State.PROBLEM, "50 MB of disk are free on rabbit@a"),
        ({"mem_alarm": True}, State.PROBLEM, "rabbit@a uses 200 MB of memory and the limit is 1.0 GB"),
        ({"partitions": ["rabbit@b"]}, State.PROBLEM, "rabbit@a is partitioned from rabbit@b"),
        ({"running": False}, State.PROBLEM, "The RabbitMQ node rabbit@a is down"),
    ],
)
def test_alarms_of_a_broker_are_told_with_what_raised_them(changes: dict[str, Any], state: State, says: str) -> None:
    with ServerConnections(Target()) as servers:
        servers.get_management = lambda _: [{**NODE, **changes}]
        [finding] = check_alarms(servers)
    assert finding.state is state
    assert says in finding.says


def test_a_broker_that_has_just_started_tells_nothing_of_its_alarms() -> None:
    with ServerConnections(Target()) as servers:
        servers.get_management = lambda _: [{"name": "rabbit@a", "running": True}]
        assert [finding.state for finding in check_alarms(servers)] == [State.UNKNOWN]


def test_versions_that_are_too_old_or_known_to_be_bad_are_told() -> None:
    assert parse("3.13.0-rc.1") == (3, 13, 0)
    assert parse("4.1.0+12") == (4, 1, 0)
    assert RABBITMQ.objection(parse("3.9.29")) == "is older than 3.10"
    assert RABBITMQ.objection(parse("3.10.8")) is None
    assert "drop messages" in (RABBITMQ.objection(parse("3.13.2")) or "")
    assert RABBITMQ.objection(parse("3.13.3")) is None
    assert MONGODB.objection(parse("5.0.14")) == "is older than 6.0"
    with ServerConnections(Target()) as servers:
        states = [next(check_python(servers, version)).state for version in ((3, 10, 12), (3, 11, 0), (3, 14, 0))]
    assert states == [State.PROBLEM, State.OK, State.PROBLEM]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.create()
    Secrets(layout.secrets).seal_keys()
    return layout


@pytest.mark.parametrize("check", [check_disk, check_secrets, check_seal_keys])
def test_the_files_of_a_fresh_stack_are_well(check: Check, layout: Layout) -> None:
    assert [finding.state for finding in found(check, Target(layout=layout))] == [State.OK]


def test_secrets_that_others_may_read_are_named(layout: Layout) -> None:
    key = layout.secrets / "seal-private-key"
    key.chmod(0o640)
    [finding] = found(check_secrets, Target(layout=layout))
    assert (finding.says, finding.fix) == (f"Other users of this machine may read {key}.", f"run chmod 600 {key}")


def test_seal_keys_that_are_missing_broken_or_do_not_belong_together_are_told(layout: Layout) -> None:
    private, public = Secrets(layout.secrets).seal_keys()
    public.write_text("other", encoding="utf-8")
    assert "does not match" in found(check_seal_keys, Target(layout=layout))[0].says
    private.write_text("nonsense", encoding="utf-8")
    assert "contains no key" in found(check_seal_keys, Target(layout=layout))[0].says
    private.unlink()
    [finding] = found(check_seal_keys, Target(layout=layout))
    assert finding.says == f"The key {private} is missing."
    assert "backup" in (finding.fix or "")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no replica that does not answer."""
    monkeypatch.setattr("cli.doctor.connections.SECONDS", SECONDS)
    monkeypatch.setattr("cli.doctor.services._ANSWER_SECONDS", SECONDS)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b"{}", "1 process ready: scanner-1"),
        (503, b'{"checks": {"broker": true, "database": false}}', "scanner-1 is not ready: database."),
        (404, b"<html>", "is not a service of Mailtally."),
    ],
)
def test_a_replica_that_is_not_ready_says_why(status: int, body: bytes, says: str) -> None:
    with answering(status, body) as url:
        [finding] = found(check_services, Target(health={"scanner-1": url}))
    assert says in finding.says


@pytest.mark.parametrize(
    ("body", "state", "says"),
    [
        (
            f'x 1\nmailtally_build_info{{version="{VERSION}"}} 1.0\n',
            State.OK,
            f"Every service runs Mailtally {VERSION}",
        ),
        (
            'mailtally_build_info{version="0.0.9"} 1.0\n',
            State.PROBLEM,
            f"api-1 runs Mailtally 0.0.9, and this is {VERSION}.",
        ),
        ("x 1\n", State.UNKNOWN, "The versions of the services are not known."),
    ],
)
def test_a_replica_of_another_version_is_named(body: str, state: State, says: str) -> None:
    with answering(200, body.encode()) as url:
        assert [(each.state, each.says) for each in found(check_builds, Target(health={"api-1": url}))] == [
            (state, says)
        ]


def test_a_replica_that_does_not_answer_is_named() -> None:
    [finding] = found(check_services, Target(health={"scanner-1": "http://127.0.0.1:1"}))
    assert finding.says.startswith("scanner-1 does not answer at http://127.0.0.1:1")
    assert finding.fix == "restart the scanner service, or read its log"


def test_servers_elsewhere_are_named_by_the_environment(tmp_path: Path) -> None:
    environ = {
        "MAILTALLY_AMQP_URL": "amqp://root:secret@broker:5672/mail",
        "MAILTALLY_RABBITMQ_MANAGEMENT_URL": "http://broker:15672",
        "MAILTALLY_MONGO_URL": "mongodb://db",
        "MAILTALLY_MONGO_DATABASE": "mail",
    }
    target = find_target(Layout(tmp_path), environ, ["http://api:8000"])
    assert (target.vhost, target.management_url) == ("mail", "http://root:secret@broker:15672")
    assert (target.mongo_url, target.database, target.layout) == ("mongodb://db", "mail", None)
    assert target.health == {"api:8000": "http://api:8000"}
    with pytest.raises(CliError, match="not running on this machine"):
        find_target(Layout(tmp_path), {})


def test_nothing_is_started_when_nothing_is_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAILTALLY_AMQP_URL", raising=False)
    monkeypatch.delenv("MAILTALLY_MONGO_URL", raising=False)
    assert main(["--local", str(tmp_path), "doctor"]) == 1
    assert "./run up --detach" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
