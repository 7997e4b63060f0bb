"""Fixtures for tests against real servers; a test that asks for none of them starts nothing."""

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from pymongo import MongoClient

from tests.support.dovecot import MailServer
from tests.support.servers import (
    ServerUrls,
    TestDatabase,
    Vhost,
    close_session,
    fresh_database,
    fresh_vhost,
    open_session,
    session_mail_server,
    session_servers,
)

# Properties are about results: on a busy machine a slow example, or a slow choice of one, is no failure.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """The process that the person started opens the session; workers of pytest-xdist join it."""
    if not hasattr(config, "workerinput"):
        open_session()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Runs after an interrupt as well."""
    if not hasattr(config, "workerinput"):
        close_session()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> ServerUrls:
    """RabbitMQ and MongoDB, shared by the whole session."""
    is_worker = hasattr(request.config, "workerinput")
    return session_servers(os.getppid() if is_worker else os.getpid())


@pytest.fixture(scope="session")
def mail_server(request: pytest.FixtureRequest) -> MailServer:
    """Dovecot, shared by the whole session; each test takes a user of its own."""
    is_worker = hasattr(request.config, "workerinput")
    return session_mail_server(os.getppid() if is_worker else os.getpid())


@pytest.fixture(scope="session")
def _management(servers: ServerUrls) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=servers.management_url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def _mongo(servers: ServerUrls) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        yield client


@pytest.fixture
def vhost(servers: ServerUrls, _management: httpx.Client) -> Iterator[Vhost]:
    """A virtual host of its own with the topology, and `.url(user)` for the administrator and each service."""
    with fresh_vhost(servers, _management) as fresh:
        yield fresh


@pytest.fixture
def database(servers: ServerUrls, _mongo: MongoClient[dict[str, Any]]) -> Iterator[TestDatabase]:
    """A database of its own with every service's role and user, and `.url(user)` as for `vhost`."""
    with fresh_database(servers, _mongo) as fresh:
        yield fresh
