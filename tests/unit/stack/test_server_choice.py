"""Test servers are those that are given, else containers, else local programs; a choice that is forced is kept."""

import subprocess
import sys

import pytest

from tests.support.server_choice import CHOICE, MONGO, RABBITMQ, Choice, Obstacle, choose
from tools.stack.errors import StackError

BROKER = {"MAILTALLY_TEST_AMQP_URL": "amqp://a:p@h/", "MAILTALLY_TEST_MANAGEMENT_URL": "http://h:15672"}
DATABASE = {"MAILTALLY_TEST_MONGO_URL": "mongodb://a:p@h/"}
GIVEN_BROKER = {"MAILTALLY_AMQP_URL": "amqp://a:p@h/", "MAILTALLY_RABBITMQ_MANAGEMENT_URL": "http://h:15672"}
GIVEN_DATABASE = {"MAILTALLY_MONGO_URL": "mongodb://a:p@h/"}
LOCAL = Choice({}, ())
CONTAINERS = Choice({}, (RABBITMQ, MONGO))


def possible(_servers: tuple[str, ...]) -> None:
    return None


def impossible(_servers: tuple[str, ...]) -> str:
    return "no Docker daemon answers"


def never_asked(_servers: tuple[str, ...]) -> str | None:
    raise AssertionError("Docker was asked for")


@pytest.mark.parametrize("forced", ["", "containers", "local"])
def test_given_servers_are_used_whatever_else_there_is(forced: str) -> None:
    environment = {**BROKER, **DATABASE, CHOICE: forced}
    assert choose(environment, never_asked) == Choice({**GIVEN_BROKER, **GIVEN_DATABASE}, ())


@pytest.mark.parametrize(
    ("environment", "expected"),
    [(BROKER, Choice(GIVEN_BROKER, (MONGO,))), (DATABASE, Choice(GIVEN_DATABASE, (RABBITMQ,)))],
)
def test_a_container_is_started_only_for_the_server_that_is_not_given(
    environment: dict[str, str], expected: Choice
) -> None:
    asked = []

    def obstacle(servers: tuple[str, ...]) -> None:
        asked.append(servers)

    assert choose(environment, obstacle) == expected
    assert asked == [expected.containers]


@pytest.mark.parametrize(
    ("forced", "obstacle", "expected"),
    [
        ("", possible, CONTAINERS),
        ("", impossible, LOCAL),
        ("containers", possible, CONTAINERS),
        ("local", never_asked, LOCAL),
    ],
)
def test_containers_come_before_local_programs_unless_told_otherwise(
    forced: str, obstacle: Obstacle, expected: Choice
) -> None:
    assert choose({CHOICE: forced}, obstacle) == expected
    if not forced:
        assert choose({}, obstacle) == expected


def test_forced_containers_that_cannot_be_had_are_an_error_with_the_reason() -> None:
    with pytest.raises(StackError, match=r"^MAILTALLY_TEST_SERVERS asks for containers, but no Docker daemon answers"):
        choose({CHOICE: "containers"}, impossible)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(StackError, match="containers or local, not 'podman'"):
        choose({CHOICE: "podman"}, never_asked)


def test_a_broker_without_its_management_url_is_refused_by_the_names_that_tests_use() -> None:
    with pytest.raises(StackError, match="MAILTALLY_TEST_MANAGEMENT_URL"):
        choose({"MAILTALLY_TEST_AMQP_URL": "amqp://h/"}, never_asked)


def test_tests_without_servers_do_not_pay_for_the_docker_library() -> None:
    program = "import sys, tests.conftest; sys.exit(any(name in sys.modules for name in ('docker', 'testcontainers')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
