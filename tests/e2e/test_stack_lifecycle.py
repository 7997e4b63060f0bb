"""The local stack on real servers, with stand-ins for the services: it starts, heals, stops, and leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from cli.stack.layout import Layout
from cli.stack.processes import find, marked

STANDINS = ["--services", "tests.support.standin", "--port", "0"]


def stack_command(layout: Layout, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli.stack", "--local", str(layout.local), *arguments]


def run(layout: Layout, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **settings}
    return subprocess.run(
        stack_command(layout, *arguments), env=environment, capture_output=True, text=True, check=False
    )


def content(layout: Layout) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads(layout.stack_file.read_text())
    return stack


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Nothing tells a stranger when stack.json or a port changes, so it is looked at again and again."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def answers_ping(url: str) -> bool:
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=30_000) as client:
        return bool(client.admin.command("ping")["ok"])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A stack that is up, in a folder whose name has a blank."""
    layout = Layout(tmp_path_factory.mktemp("one") / "local state")
    started = run(layout, "up", "--detach", "--scanners", "2", *STANDINS)
    assert started.returncode == 0, started.stdout + started.stderr
    assert started.stdout.splitlines()[-1] == f"ready {content(layout)['api_url']}"
    yield layout
    stopped = run(layout, "down", "--purge")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert marked(layout.marker) == []


def test_stack_json_names_every_address_and_process(stack: Layout) -> None:
    state = content(stack)
    assert {name: len(pids) for name, pids in state["processes"].items()} == {
        "rabbitmq": 1,
        "mongod": 1,
        "api": 1,
        "webhooks": 1,
        "scanner": 2,
        "status": 1,
    }
    names = {name: [find(pid) for pid in pids] for name, pids in state["processes"].items()}
    assert [process.name for process in names["rabbitmq"] if process] == ["beam.smp"]
    assert [process.name for process in names["mongod"] if process] == ["mongod"]
    assert None not in [process for processes in names.values() for process in processes]
    assert set(state["users"]) == {"api", "scanner", "status"}
    assert [type(state["metrics"][name]) for name in ("api", "webhooks", "scanner", "status")] == [str, str, list, list]
    assert httpx.get(f"{state['api_url']}/readyz").status_code == 200
    assert answers_ping(state["mongo_url"])
    assert answers_ping(state["users"]["status"]["mongo_url"])
    queues = httpx.get(f"{state['rabbitmq_management_url']}/api/queues/mailtally").json()
    assert "status.scan.events" in [queue["name"] for queue in queues]


def test_a_second_up_says_that_it_is_up_already(stack: Layout) -> None:
    again = run(stack, "up", *STANDINS)
    assert again.returncode == 0
    assert again.stdout.splitlines() == ["already up", f"ready {content(stack)['api_url']}"]


@pytest.mark.parametrize("name", ["scanner", "mongod", "rabbitmq"])
def test_a_killed_process_is_started_again_and_stack_json_follows(stack: Layout, name: str) -> None:
    killed = content(stack)["processes"][name]
    os.kill(killed[0], signal.SIGKILL)

    def is_replaced() -> bool:
        pids = content(stack)["processes"][name]
        return len(pids) == len(killed) and killed[0] not in pids and all(find(pid) for pid in pids)

    assert eventually(is_replaced)
    state = content(stack)
    assert answers_ping(state["mongo_url"])

    def broker_answers() -> bool:
        try:
            return httpx.get(f"{state['rabbitmq_management_url']}/api/overview").status_code == 200
        except httpx.TransportError:
            return False

    assert eventually(broker_answers)


def test_ctrl_c_stops_everything_of_this_stack_and_nothing_of_the_other(stack: Layout, tmp_path: Path) -> None:
    mine = Layout(tmp_path / "local")
    before = {process.pid for process in marked(stack.marker)}
    with subprocess.Popen(
        stack_command(mine, "up", *STANDINS), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as launcher:
        assert launcher.stdout is not None
        assert any(line.startswith("ready ") for line in launcher.stdout)
        assert {process.name for process in marked(mine.marker)} >= {"beam.smp", "mongod", "epmd"}
        os.killpg(launcher.pid, signal.SIGINT)
        launcher.communicate(timeout=60)
    assert launcher.returncode == 0
    assert marked(mine.marker) == []
    assert not mine.stack_file.exists()
    assert {process.pid for process in marked(stack.marker)} == before


def test_servers_that_run_already_are_prepared_used_and_left_running(stack: Layout, tmp_path: Path) -> None:
    host, guest = content(stack), Layout(tmp_path / "local")
    settings = {
        "MAILTALLY_AMQP_URL": host["amqp_url"].rpartition("/")[0] + "/guests",
        "MAILTALLY_RABBITMQ_MANAGEMENT_URL": host["rabbitmq_management_url"],
        "MAILTALLY_MONGO_URL": host["mongo_url"],
        "MAILTALLY_MONGO_DATABASE": "guests",
    }
    started = run(guest, "up", "--detach", *STANDINS, **settings)
    assert started.returncode == 0, started.stdout + started.stderr
    state = content(guest)
    assert (state["processes"]["rabbitmq"], state["processes"]["mongod"]) == ([], [])
    queues = httpx.get(f"{state['rabbitmq_management_url']}/api/queues/guests").json()
    assert "status.scan.events" in [queue["name"] for queue in queues]
    assert answers_ping(state["users"]["status"]["mongo_url"])
    assert run(guest, "down").returncode == 0
    assert marked(guest.marker) == []
    assert answers_ping(host["mongo_url"])


def test_a_broker_that_cannot_be_prepared_is_one_clear_sentence(tmp_path: Path) -> None:
    refused = run(Layout(tmp_path / "local"), "up", *STANDINS, MAILTALLY_AMQP_URL="amqp://somewhere/")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "MAILTALLY_RABBITMQ_MANAGEMENT_URL" in refused.stderr


def test_down_ends_what_a_killed_launcher_left_and_the_data_stay_until_purged(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "local")
    assert run(layout, "up", "--detach", *STANDINS).returncode == 0
    with MongoClient[dict[str, Any]](content(layout)["users"]["api"]["mongo_url"]) as client:
        client["mailtally"]["users"].insert_one({"_id": "kept"})
    os.kill(int(layout.lock_file.read_text()), signal.SIGKILL)
    assert {process.name for process in marked(layout.marker)} >= {"beam.smp", "mongod", "epmd"}
    assert run(layout, "down").returncode == 0
    assert marked(layout.marker) == []

    assert run(layout, "up", "--detach", *STANDINS).returncode == 0
    with MongoClient[dict[str, Any]](content(layout)["users"]["api"]["mongo_url"]) as client:
        assert client["mailtally"]["users"].count_documents({}) == 1
    assert run(layout, "down", "--purge").returncode == 0
    assert marked(layout.marker) == []
    assert not layout.data.exists()
    assert run(layout, "down").stdout == "nothing was running\n"


def test_a_service_that_cannot_start_is_named_with_its_log_and_nothing_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "local")
    failed = run(layout, "up", "--detach", "--services", "tests.support.no_such_package", "--port", "0")
    assert failed.returncode == 1
    assert "does not start (exit code 1)" in failed.stdout
    assert "No module named 'tests.support.no_such_package'" in failed.stdout
    assert marked(layout.marker) == []
    assert not layout.stack_file.exists()
