"""Faults are undone however a drill ends."""

import signal
import threading
from pathlib import Path

import pytest

from cli.client.stack_connection import StackConnection
from tools.drill.environment import Environment
from tools.drill.faults import Faults
from tools.drill.plan import Fault, Kind
from tools.drill.tcp_proxy import TcpProxy
from tools.stack.layout import Layout

STALLED = "status>rabbitmq"


def test_ctrl_c_while_a_fault_begins_leaves_none_that_is_not_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def interrupted_start(thread: threading.Thread) -> None:
        signal.raise_signal(signal.SIGINT)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted_start)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = Environment(
        Layout(tmp_path), StackConnection("http://127.0.0.1:1", ""), {STALLED: TcpProxy(lambda: ("127.0.0.1", 1))}
    )
    try:
        with pytest.raises(KeyboardInterrupt), Faults(environment, seed=1) as faults:
            faults.begin(Fault(1, Kind.STALL, STALLED, at=0.0, seconds=600.0))
    finally:
        signal.signal(signal.SIGINT, before)
    assert [done.fault.number for done in faults.done] == [1]
    assert faults.over
