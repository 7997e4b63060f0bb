"""What a restore of MongoDB from an older dump loses is told by the stream, or found again by a scan."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from cli.main import main
from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person, essence
from tests.support.dump import dump, restore
from tests.support.mailboxes import Samples
from tools.stack.options import DATABASE

SERVICES = ("api", "scanner", "status")


@contextmanager
def standing_still(stack: LocalStack) -> Iterator[None]:
    """No process of the services does anything: the restore's "stop the services", without their start."""
    pids = [pid for service in SERVICES for pid in stack.state.processes[service]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_restored_database_gets_its_tasks_from_the_stream_and_its_invoices_from_a_second_scan(
    stack: LocalStack,
    person: Callable[[], Person],
    samples: Samples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rebuild = ["--local", str(stack.layout.local), "rebuild"]
    ada = person()
    before = ada.scan(samples.first_messages("ada", 40))
    account_id = ada.mailbox(samples.first_messages("bruno", 60))
    with MongoClient[dict[str, Any]](stack.state.mongo_url) as client:
        database = client[DATABASE]
        with standing_still(stack):
            dump(database, tmp_path / "dump")
        after = ada.until_ended(ada.start(account_id))
        found = essence(ada.invoices())
        with standing_still(stack):
            restore(database, tmp_path / "dump")
        assert database["scanning_tasks"].find_one({"_id": after["task_id"]}) is None
        assert essence(ada.invoices()) < found

        assert main([*rebuild, "--verify"]) == 1
        assert after["task_id"] in capsys.readouterr().out
        assert main(rebuild) == 0
        for task in (before, after):
            assert without_version(ada.api.scan(task["task_id"])) == without_version(task)

    again = ada.until_ended(ada.start(account_id))
    assert again["result"]["invoices"] == after["result"]["invoices"] > 0
    assert essence(ada.invoices()) == found
    assert main([*rebuild, "--verify"]) == 0


def without_version(task: dict[str, Any]) -> dict[str, Any]:
    """`version` counts writes, and a rebuild is one."""
    return {name: value for name, value in task.items() if name != "version"}
