"""One real stack for all end-to-end tests: servers, services, and a door for every user who is asked for."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from cli.door import Door
from cli.stack.control import READY
from cli.stack.layout import DEFAULT, Layout
from cli.stack.processes import marked
from cli.stack.stackfile import Stack, read_stack
from cli.stack.takedown import take_down
from tests.support.api_client import Person
from tests.support.mailboxes import Samples

SLICE_MESSAGES = 20
"""Small slices, so that every scan is spread over the scanners; and leases that a dead one does not hold for long."""
LEASE_SECONDS = 2


@dataclass(frozen=True)
class LocalStack:
    """The running stack."""

    layout: Layout
    door: Door

    @property
    def state(self) -> Stack:
        """stack.json as it is now."""
        state = read_stack(self.layout.stack_file)
        assert state is not None
        return state

    def kill(self, service: str) -> None:
        """End every process of a service as a power cut would; the stack starts them again."""
        for pid in self.state.processes[service]:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Two scanners and everything else."""
    layout = Layout(tmp_path_factory.mktemp("stack"))
    slices = {"MAILTALLY_SLICE_MESSAGES": str(SLICE_MESSAGES), "MAILTALLY_SLICE_LEASE_S": str(LEASE_SECONDS)}
    command = [sys.executable, "-m", "cli.stack", "--local", str(layout.local), "up", "--detach"]
    started = subprocess.run(
        [*command, "--port", "0", "--scanners", "2"],
        env={**os.environ, **slices},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stdout + started.stderr
    url = started.stdout.splitlines()[-1].removeprefix(READY)
    yield LocalStack(layout, Door.of(url, layout))
    take_down(layout, purge=True)
    assert marked(layout.marker) == []


@pytest.fixture
def person(stack: LocalStack) -> Iterator[Callable[[], Person]]:
    """Makes users whom no other test knows."""
    numbers = itertools.count(1)
    with ExitStack() as open_clients:

        def make_person() -> Person:
            name = f"user{os.urandom(4).hex()}-{next(numbers)}"
            return Person(name, open_clients.enter_context(stack.door.user(name)))

        yield make_person


@pytest.fixture(scope="session")
def samples() -> Samples:
    """The sample mailboxes of this checkout."""
    return Samples.made(DEFAULT.local / "samples")
