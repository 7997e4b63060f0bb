"""One deployment for all tests of this folder, and the figures that it took."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.client.api import ApiClient
from cli.client.token_auth import BearerAuth, Token
from tests.containers.compose import Compose, project, running
from tests.containers.engine import base_images, inspect, missing, obstacle
from tests.containers.figures import Figures
from tests.support.api_client import Person
from tests.support.mailboxes import Samples
from tools.stack.layout import DEFAULT

_TOKEN_SECONDS = 3600

_compose = pytest.StashKey[Compose]()
_figures = pytest.StashKey[Figures]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Ends the run at once, with the reason and exit code 1, where it cannot be done: these tests are never skipped."""
    # What stops a job sends SIGTERM: clean up then, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stash = session.config.stash
    stash[_figures] = Figures()
    if (reason := obstacle()) is None:
        stash[_compose] = project(Path(tempfile.mkdtemp(prefix="mailtally-containers-")))
        reason = missing([*base_images(), *stash[_compose].images])
    if reason is not None:
        pytest.exit(f"THE CONTAINERS WERE NOT TESTED.\n{reason}", returncode=1)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Runs after an interrupt as well."""
    if _compose in config.stash:
        shutil.rmtree(config.stash[_compose].folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What it took, below the results."""
    for line in terminalreporter.config.stash[_figures].lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """What is told at the end."""
    return request.config.stash[_figures]


@pytest.fixture(scope="session")
def compose(request: pytest.FixtureRequest) -> Compose:
    """The compose file under names and ports that nothing else has; nothing is started for it."""
    return request.config.stash[_compose]


@pytest.fixture(scope="session")
def deployment(compose: Compose, figures: Figures) -> Iterator[Compose]:
    """Everything that `docker compose up` starts, healthy."""
    DEFAULT.create()
    with running(compose, figures, log=DEFAULT.local / "containers.log"):
        figures.image_bytes = inspect(compose.environment["SERVICE_IMAGE"])[0]["Size"]
        yield compose


@pytest.fixture
def person(deployment: Compose) -> Iterator[Callable[[str], Person]]:
    """Makes users, or finds them again by their name."""
    with ExitStack() as open_clients:

        def make_person(name: str) -> Person:
            token = deployment.execute("api", "python", "-m", "deploy.user_token", name).strip()
            url = f"http://127.0.0.1:{deployment.port('API_PORT')}"
            return Person(
                name, open_clients.enter_context(ApiClient(url, BearerAuth(lambda: Token(token, _TOKEN_SECONDS))))
            )

        yield make_person


@pytest.fixture(scope="session")
def samples() -> Samples:
    """The sample mailboxes of this checkout."""
    return Samples.made(DEFAULT.local / "samples")
