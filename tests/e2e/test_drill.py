"""The drill as it is shipped: a short one holds, and nothing of it is left, however it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support import logs
from tests.support.terminal import Terminal
from tools.stack.layout import PROJECT, Layout
from tools.stack.processes import find_marked
from tools.stack.shutdown import shut_down

pytestmark = pytest.mark.serial  # it counts silences of seconds as lost messages, as users' alerts would

SMALL = ("--seed", "367", "--faults", "7", "--scans", "6", "--users", "2")
"""Seven faults within twelve seconds: mongod, RabbitMQ and a scanner are killed, the other is frozen."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the drill's stack is; one that a failed test has left behind is ended."""
    with logs.reported(tmp_path / "drill-logs"):  # what a drill keeps when it ends badly
        yield tmp_path / "drill"
    shut_down(Layout(tmp_path / "drill"), purge=True)


def drill(folder: Path, *options: str) -> Sequence[str]:
    return [sys.executable, "-m", "tools.drill", "--folder", str(folder), *options]


def test_a_short_drill_holds_every_invariant_and_leaves_nothing(folder: Path) -> None:
    ran = subprocess.run(drill(folder, *SMALL, "--json"), capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    told = json.loads(ran.stdout)
    assert [item for item in told["invariants"] if not item["holds"]] == []
    assert ran.returncode == 0
    assert len(told["invariants"]) == 18
    assert {fault["kind"] for fault in told["faults"]} == {"kill", "freeze", "cut", "stall", "repeat"}
    assert all(fault["ready_after"] is not None for fault in told["faults"])
    assert find_marked(Layout(folder).marker) == []
    assert not folder.exists()
    assert list(PROJECT.glob("MnesiaCore*")) == []


def test_ctrl_c_in_the_middle_of_a_fault_stops_everything(folder: Path) -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    with Terminal(drill(folder, *SMALL), environment=environment) as terminal:
        terminal.wait_for("One user scans 3 mailboxes undisturbed")
        terminal.wait_for("2 users start 6 scans")
        terminal.wait_for("freeze scanner-1 for 1 s")
        terminal.type(b"\x03")
        assert terminal.wait() == 130
    assert terminal.lines[-1].endswith("Interrupted. Everything is stopped.")
    assert find_marked(Layout(folder).marker) == []
    assert not folder.exists()
