"""Commands on the wire, and the wait before a retry."""

import pytest

from services.scanner.jobs.commands import Command, MalformedCommandError
from services.scanner.jobs.retry_policy import wait_before
from services.scanner.runs.model import PLAN, Unit
from shared.messaging.topology import RETRY_SECONDS


@pytest.mark.parametrize("command", [Command("t", PLAN), Command("t", Unit(0)), Command("t", Unit(17), rescue=True)])
def test_a_command_reads_back(command: Command) -> None:
    assert Command.from_bytes(command.to_bytes()) == command


@pytest.mark.parametrize("body", [b"", b"[]", b'{"unit": 1}', b'{"task_id": "t", "unit": "last"}', b'{"task_id": "t"}'])
def test_anything_else_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(MalformedCommandError) as refused:
        Command.from_bytes(body)
    assert "last" not in str(refused.value)


def test_a_negative_slice_is_refused() -> None:
    with pytest.raises(MalformedCommandError):
        Command.from_bytes(b'{"task_id": "t", "unit": -1}')


def test_each_try_waits_longer_up_to_the_longest_queue() -> None:
    queues = [wait_before(attempt).queue_s for attempt in range(7)]
    assert queues == [RETRY_SECONDS[0], *RETRY_SECONDS, RETRY_SECONDS[-1], RETRY_SECONDS[-1]]


def test_waits_are_spread_and_never_longer_than_their_queue_keeps_a_message() -> None:
    waits = [wait_before(2) for _ in range(200)]
    assert all(wait.queue_s / 2 <= wait.seconds <= wait.queue_s for wait in waits)
    assert len({wait.seconds for wait in waits}) > 100
