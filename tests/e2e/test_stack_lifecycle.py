"""The local stack on real servers, with stand-ins for the services: it starts, heals, stops, and leaves nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.support import logs
from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.layout import Layout
from tools.stack.processes import find_marked, find_process
from tools.stack.shutdown import shut_down

STANDINS = ["--services", "tests.support.standin", "--port", "0"]


def stack_command(layout: Layout, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tools.stack", "--local", str(layout.local), *arguments]


def run(layout: Layout, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **settings}
    return subprocess.run(
        stack_command(layout, *arguments), env=environment, capture_output=True, text=True, check=False
    )


def content(layout: Layout) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads(layout.stack_file.read_text())
    return stack


def connect(url: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(url, serverSelectionTimeoutMS=int(1000 * SECONDS))


def answers_ping(url: str) -> bool:
    with connect(url) as client:
        return bool(client.admin.command("ping")["ok"])


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A stack that is up, in a folder whose name has a blank."""
    layout = Layout(tmp_path_factory.mktemp("one") / "local state")
    with logs.reported(layout.logs):
        started = run(layout, "up", "--detach", "--scanners", "2", *STANDINS)
        assert started.returncode == 0, started.stdout + started.stderr
        assert started.stdout.splitlines()[-1] == f"ready {content(layout)['api_url']}"
        yield layout
    stopped = run(layout, "down", "--purge")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert find_marked(layout.marker) == []
    assert not layout.data.exists()


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Layout]:
    """Where a test has a stack of its own; one that a failed test has left behind is ended."""
    layout = Layout(tmp_path / "local")
    with logs.reported(layout.logs):
        yield layout
    shut_down(layout, purge=True)


def lasting(layout: Layout) -> set[int]:
    """The stack's processes without those that its servers start for a moment, such as `df`."""
    programs = ("beam.smp", "mongod", "epmd", "python")
    return {process.pid for process in find_marked(layout.marker) if process.name.startswith(programs)}


def borrowed(host: Layout, name: str) -> dict[str, str]:
    """Settings that make a stack use the broker of another one."""
    servers = content(host)
    return {
        "MAILTALLY_AMQP_URL": f"{servers['amqp_url'].rpartition('/')[0]}/{name}",
        "MAILTALLY_RABBITMQ_MANAGEMENT_URL": servers["rabbitmq_management_url"],
    }


def test_stack_json_names_every_address_and_process(standins: Layout) -> None:
    state = content(standins)
    assert {name: len(pids) for name, pids in state["processes"].items()} == {
        "rabbitmq": 1,
        "mongod": 1,
        "api": 1,
        "webhooks": 1,
        "scanner": 2,
        "status": 1,
    }
    names = {name: [find_process(pid) for pid in pids] for name, pids in state["processes"].items()}
    assert [process.name for process in names["rabbitmq"] if process] == ["beam.smp"]
    assert [process.name for process in names["mongod"] if process] == ["mongod"]
    assert None not in [process for processes in names.values() for process in processes]
    assert set(state["users"]) == {"api", "scanner", "status"}
    assert [type(state["metrics"][name]) for name in ("api", "webhooks", "scanner", "status")] == [str, str, list, list]
    assert httpx.get(f"{state['api_url']}/readyz", timeout=SECONDS).status_code == 200
    assert answers_ping(state["mongo_url"])
    assert answers_ping(state["users"]["status"]["mongo_url"])
    queues = httpx.get(f"{state['rabbitmq_management_url']}/api/queues/mailtally", timeout=SECONDS).json()
    assert "status.scan.events" in [queue["name"] for queue in queues]


def test_a_second_up_says_that_it_is_up_already(standins: Layout) -> None:
    again = run(standins, "up", *STANDINS)
    assert again.returncode == 0
    assert again.stdout.splitlines() == ["already up", f"ready {content(standins)['api_url']}"]


def test_killed_processes_are_started_again_and_stack_json_follows(standins: Layout) -> None:
    names = ("scanner", "mongod", "rabbitmq")
    killed = {name: content(standins)["processes"][name] for name in names}
    for pids in killed.values():
        os.kill(pids[0], signal.SIGKILL)

    def are_replaced() -> bool:
        now = content(standins)["processes"]
        return all(
            len(now[name]) == len(killed[name])
            and killed[name][0] not in now[name]
            and all(map(find_process, now[name]))
            for name in names
        )

    eventually_sync(are_replaced)
    state = content(standins)
    assert answers_ping(state["mongo_url"])

    def broker_answers() -> bool:
        try:
            answer = httpx.get(f"{state['rabbitmq_management_url']}/api/overview", timeout=SECONDS)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    eventually_sync(broker_answers)


def test_servers_that_run_already_are_prepared_used_and_left_running(standins: Layout, mine: Layout) -> None:
    host = content(standins)
    settings = {
        **borrowed(standins, "guests"),
        "MAILTALLY_MONGO_URL": host["mongo_url"],
        "MAILTALLY_MONGO_DATABASE": "guests",
    }
    started = run(mine, "up", "--detach", *STANDINS, **settings)
    assert started.returncode == 0, started.stdout + started.stderr
    state = content(mine)
    assert (state["processes"]["rabbitmq"], state["processes"]["mongod"]) == ([], [])
    queues = httpx.get(f"{state['rabbitmq_management_url']}/api/queues/guests", timeout=SECONDS).json()
    assert "status.scan.events" in [queue["name"] for queue in queues]
    assert answers_ping(state["users"]["status"]["mongo_url"])
    assert run(mine, "down").returncode == 0
    assert find_marked(mine.marker) == []
    assert answers_ping(host["mongo_url"])


def test_a_service_that_cannot_start_is_named_with_its_log_and_nothing_stays(standins: Layout, mine: Layout) -> None:
    """With a database server of its own: the other server takes longer to start and is stopped in the same way."""
    missing = ("--services", "tests.support.no_such_package", "--port", "0")
    failed = run(mine, "up", "--detach", *missing, **borrowed(standins, "failed"))
    assert failed.returncode == 1
    assert "does not start (exit code 1)" in failed.stdout
    assert "No module named 'tests.support.no_such_package'" in failed.stdout
    assert (mine.logs / "mongod.log").exists()
    assert find_marked(mine.marker) == []
    assert not mine.stack_file.exists()


def test_a_broker_that_cannot_be_prepared_is_one_clear_sentence(mine: Layout) -> None:
    refused = run(mine, "up", *STANDINS, MAILTALLY_AMQP_URL="amqp://somewhere/")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "MAILTALLY_RABBITMQ_MANAGEMENT_URL" in refused.stderr


def test_killed_or_interrupted_a_stack_ends_beside_another_and_its_data_stay_until_purged(
    standins: Layout, mine: Layout
) -> None:
    others = lasting(standins)
    assert others
    assert run(mine, "up", "--detach", *STANDINS).returncode == 0
    with connect(content(mine)["users"]["api"]["mongo_url"]) as client:
        client["mailtally"]["users"].insert_one({"_id": "kept"})

    os.kill(int(mine.lock_file.read_text()), signal.SIGKILL)
    assert {process.name for process in find_marked(mine.marker)} >= {"beam.smp", "mongod", "epmd"}
    assert run(mine, "down").returncode == 0
    assert find_marked(mine.marker) == []

    again = stack_command(mine, "up", *STANDINS)
    with subprocess.Popen(again, stdout=subprocess.PIPE, text=True, start_new_session=True) as launcher:
        try:
            assert launcher.stdout is not None
            assert any(line.startswith("ready ") for line in launcher.stdout)
            assert {process.name for process in find_marked(mine.marker)} >= {"beam.smp", "mongod", "epmd"}
            with connect(content(mine)["users"]["api"]["mongo_url"]) as client:
                assert client["mailtally"]["users"].count_documents({}) == 1
            os.killpg(launcher.pid, signal.SIGINT)
            launcher.communicate(timeout=SECONDS)
        finally:
            launcher.kill()
    assert launcher.returncode == 0
    assert find_marked(mine.marker) == []
    assert not mine.stack_file.exists()
    assert lasting(standins) == others

    assert mine.data.exists()
    assert run(mine, "down", "--purge").returncode == 0
    assert not mine.data.exists()
    assert run(mine, "down").stdout == "nothing was running\n"
