"""Commands on the wire, and the wait before a retry."""

import pytest

from services.scanner.commands import Command, MalformedCommand
from services.scanner.retry import delay_before
from services.scanner.runs.model import PLAN, Unit
from shared.topology import RETRY_SECONDS


@pytest.mark.parametrize("command", [Command("t", PLAN), Command("t", Unit(0)), Command("t", Unit(17), rescue=True)])
def test_a_command_reads_back(command: Command) -> None:
    assert Command.from_bytes(command.to_bytes()) == command


@pytest.mark.parametrize("body", [b"", b"[]", b'{"unit": 1}', b'{"task_id": "t", "unit": "last"}', b'{"task_id": "t"}'])
def test_anything_else_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(MalformedCommand) as refused:
        Command.from_bytes(body)
    assert "last" not in str(refused.value)


def test_a_negative_slice_is_refused() -> None:
    with pytest.raises(MalformedCommand):
        Command.from_bytes(b'{"task_id": "t", "unit": -1}')


def test_each_try_waits_longer_up_to_the_longest_queue() -> None:
    assert [delay_before(tries) for tries in range(1, 7)] == [*RETRY_SECONDS, RETRY_SECONDS[-1], RETRY_SECONDS[-1]]
