"""Looking for a program and installing it when it is missing."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from tests.support.waiting import SECONDS
from tools.stack import packages
from tools.stack.errors import StackError
from tools.stack.packages import find_or_install


class Machine:
    """On which apt-get brings a program, or does not."""

    def __init__(self, *, brings: bool = True, has: bool = False) -> None:
        self.has = has
        self.brings = brings
        self.installed: list[list[str]] = []

    def apt_install(self, names: list[str], _report: object) -> None:
        self.installed.append(names)
        self.has = self.brings

    def find(self) -> str | None:
        return "/usr/bin/tool" if self.has else None


def looked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(packages, "apt_install", machine.apt_install)
    return find_or_install(machine.find, ["tool"], print)


def test_what_is_there_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(has=True)
    assert looked(machine, monkeypatch) == "/usr/bin/tool"
    assert machine.installed == []


def test_what_is_missing_is_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    assert looked(machine, monkeypatch) == "/usr/bin/tool"
    assert machine.installed == [["tool"]]


def test_a_package_that_does_not_bring_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StackError, match=r"^tool was installed, but "):
        looked(Machine(brings=False), monkeypatch)


def test_nothing_is_taken_from_packages_that_are_being_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is there, but what it needs may not be yet."""
    monkeypatch.setattr(packages, "_LOCKED", tmp_path)
    installing = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(installing, fcntl.LOCK_EX)
    seen: list[str] = []
    ready = threading.Event()

    def find() -> str:
        seen.append("looked")
        return "/usr/bin/tool"

    def look() -> None:
        ready.set()
        find_or_install(find, ["tool"], print)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        assert ready.wait(SECONDS)
        looking.join(0.1)
        seen.append("installed")
    finally:
        os.close(installing)
        looking.join(SECONDS)
    assert seen == ["installed", "looked"]
