"""Fixtures for tests against real servers, started with the session when one of its tests asks for them; what all tests
of a session share: one patience, logs in the report of a failure, and tests that run alone.
"""

import contextlib
import fcntl
import os
import random
import threading
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from pymongo import MongoClient

from tests.support import logs, reporting
from tests.support.chance import VARIABLE as SEED
from tests.support.chance import chance as chance_of
from tests.support.chance import choose_seed
from tests.support.dovecot import MailServer
from tests.support.prepared import Prepared
from tests.support.scheduling import GroupScheduling, rank
from tests.support.servers import (
    ServerUrls,
    TestDatabase,
    Vhost,
    close_session,
    fresh_database,
    fresh_vhost,
    open_session,
    session_folder,
    session_mail_server,
    session_servers,
)
from tests.support.waiting import TEST_SECONDS
from tools.stack.layout import Layout

# Properties are about results: on a busy machine a slow example, or a slow choice of one, is no failure.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


_STARTERS = {"servers": session_servers, "mail_server": session_mail_server}


def pytest_configure(config: pytest.Config) -> None:
    """The process that the person started opens the session; workers of pytest-xdist join it."""
    if not hasattr(config, "workerinput"):
        choose_seed()
        open_session()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Runs after an interrupt as well."""
    if not hasattr(config, "workerinput"):
        close_session()


def pytest_report_header() -> str:
    """What repeats the random choices of this session."""
    return f"{SEED}={os.environ[SEED]}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest comes first, tests that need the machine for themselves last; nothing runs for ever."""
    items.sort(key=lambda item: rank(item.nodeid, serial=_is_serial(item)))
    if not config.getoption("timeout"):
        for item in items:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Tests that share a browser or a stack run in one worker."""
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers that tests will ask for while tests without servers run."""
    if session.config.option.collectonly or (session.config.option.numprocesses and _is_controller(session.config)):
        return
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    for name in _STARTERS.keys() & wanted:
        threading.Thread(target=_start_early, args=(name, _session_pid(session.config)), daemon=True).start()


def _start_early(name: str, session_pid: int) -> None:
    # The first test that asks starts it again, and fails with the same sentence.
    with contextlib.suppress(RuntimeError):
        _STARTERS[name](session_pid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test marked `serial` runs while no other test of the session does."""
    with (session_folder() / "running.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if _is_serial(item) else fcntl.LOCK_SH)
        logs.begin_test()
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of a failure ends with the logs of the servers and services that the test used."""
    report = yield
    if report.failed:
        reporting.add_logs(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Once more at the end, short: what failed, with its assertion and logs."""
    failed = [report for key in ("failed", "error") for report in terminalreporter.getreports(key)]
    for title, lines in reporting.failures(failed):
        terminalreporter.section(title, sep="_", red=True)
        for line in lines:
            terminalreporter.write_line(line)


def _is_serial(item: pytest.Item) -> bool:
    return item.get_closest_marker("serial") is not None


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def _session_pid(config: pytest.Config) -> int:
    return os.getpid() if _is_controller(config) else os.getppid()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[ServerUrls]:
    """RabbitMQ and MongoDB, shared by the whole session."""
    urls = session_servers(_session_pid(request.config))
    with logs.reported(Layout(session_folder()).logs):
        yield urls


@pytest.fixture(scope="session")
def mail_server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    """Dovecot, shared by the whole session; each test takes a user of its own."""
    server = session_mail_server(_session_pid(request.config))
    with logs.reported(server.log):
        yield server


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """For choices that must not matter: the seed of the session makes them again."""
    return chance_of(request.node.nodeid)


@pytest.fixture(scope="session")
def _management(servers: ServerUrls) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=servers.management_url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def _mongo(servers: ServerUrls) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        yield client


@pytest.fixture(scope="session")
def _vhosts(servers: ServerUrls, _management: httpx.Client) -> Iterator[Prepared[Vhost]]:
    prepared = Prepared(lambda: fresh_vhost(servers, _management))
    yield prepared
    prepared.close()


@pytest.fixture(scope="session")
def _databases(servers: ServerUrls, _mongo: MongoClient[dict[str, Any]]) -> Iterator[Prepared[TestDatabase]]:
    prepared = Prepared(lambda: fresh_database(servers, _mongo))
    yield prepared
    prepared.close()


@pytest.fixture
def vhost(_vhosts: Prepared[Vhost]) -> Iterator[Vhost]:
    """A virtual host of its own with the topology, and `.url(user)` for the administrator and each service."""
    with _vhosts.one() as fresh:
        yield fresh


@pytest.fixture
def database(_databases: Prepared[TestDatabase]) -> Iterator[TestDatabase]:
    """A database of its own with every service's role and user, and `.url(user)` as for `vhost`."""
    with _databases.one() as fresh:
        yield fresh
