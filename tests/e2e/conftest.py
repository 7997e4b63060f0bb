"""One real stack for all end-to-end tests: servers, services, and a door for every user who is asked for."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.client.stack_connection import StackConnection
from tests.support import logs
from tests.support.api_client import Person
from tests.support.certificates import Authority
from tests.support.dovecot import MailServer
from tests.support.held_mail import HeldMail, UnfinishedMailbox, an_unfinished_mailbox
from tests.support.mailboxes import Samples
from tests.support.mailing import mail_settings
from tools.stack.control import READY
from tools.stack.layout import DEFAULT, Layout
from tools.stack.processes import find_marked
from tools.stack.shutdown import shut_down
from tools.stack.stackfile import Stack, read_stack

SLICE_MESSAGES = 20
"""Small slices, so that every scan is spread over the scanners; and leases that a dead one does not hold for long."""
LEASE_SECONDS = 2
ARCHIVE_MESSAGES = 3 * SLICE_MESSAGES
MAIL_CONNECTIONS = 16
"""Those of a dead scanner are given up after a minute; until then there are enough others."""


@dataclass(frozen=True)
class LocalStack:
    """The running stack."""

    layout: Layout
    door: StackConnection
    authority: Authority
    """Its scanners trust the certificates of this one."""

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
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The scanners of the stack trust its certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def held_mail(mail_server: MailServer, authority: Authority) -> Iterator[HeldMail]:
    """The tests' mail server behind a relay that holds messages back when a test says so."""
    with HeldMail(mail_server, authority).serve() as relay:
        yield relay


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer, held_mail: HeldMail, authority: Authority
) -> Iterator[LocalStack]:
    """Two scanners and everything else, with the tests' mail server in reach."""
    layout = Layout(tmp_path_factory.mktemp("stack"))
    settings = mail_settings(mail_server, slice_messages=SLICE_MESSAGES, slice_lease_s=LEASE_SECONDS)
    settings["mail_connections"] = MAIL_CONNECTIONS
    settings["mail_ports"] += f",{held_mail.port}"
    settings["allow_private_webhook_hosts"] = True
    settings["mail_ca"] = f"{mail_server.authority}\n{authority.certificate.read_text('ascii')}"
    variables = {f"MAILTALLY_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "tools.stack", "--local", str(layout.local), "up", "--detach"]
    started = subprocess.run(
        [*command, "--port", "0", "--scanners", "2"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stdout + started.stderr
    url = started.stdout.splitlines()[-1].removeprefix(READY)
    with logs.reported(layout.logs):
        yield LocalStack(layout, StackConnection.of(url, layout), authority)
    shut_down(layout, purge=True)
    assert find_marked(layout.marker) == []


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


@pytest.fixture
def archive(tmp_path: Path, samples: Samples) -> Path:
    path = tmp_path / "archive.mbox"
    path.write_bytes(samples.first_messages("ada", ARCHIVE_MESSAGES))
    return path


@pytest.fixture
def unfinished(mail_server: MailServer, held_mail: HeldMail) -> Iterator[UnfinishedMailbox]:
    """A mailbox of three slices, whose scan ends only if somebody cancels it: all but the first slice are held back."""
    with an_unfinished_mailbox(mail_server, held_mail, free=SLICE_MESSAGES, messages=3 * SLICE_MESSAGES) as mailbox:
        yield mailbox


@pytest.fixture
def command(stack: LocalStack) -> Callable[..., list[str]]:
    return lambda *arguments: [sys.executable, "-m", "cli", "--local", str(stack.layout.local), *arguments]
