"""Commands on `scanner.slices`: hints to look at a unit of a run.

Nothing in them is trusted; losing or doubling one is harmless.
"""

from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from services.scanner.jobs.retry_policy import Wait
from services.scanner.runs.model import PLAN, Unit
from shared.errors import MailtallyError
from shared.messaging.publishing import Publisher
from shared.messaging.topology import COMMANDS_EXCHANGE, RETRY_EXCHANGE, SLICE_COMMAND, SLICES, retry_queue


class MalformedCommandError(MailtallyError):
    """A message body that is not a command; the text says why, without quoting the body."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str = Field(min_length=1, max_length=64)
    unit: Literal["plan"] | NonNegativeInt
    rescue: bool = False


@dataclass(frozen=True)
class Command:
    """Asks a scanner to work on this unit.

    `rescue`: the rescuer sent it, so that the publishes of a done unit are to be repeated.
    """

    task_id: str
    unit: Unit = PLAN
    rescue: bool = False

    def to_bytes(self) -> bytes:
        """Return the wire form."""
        unit = "plan" if self.unit.slice_number is None else self.unit.slice_number
        return orjson.dumps({"task_id": self.task_id, "unit": unit, "rescue": self.rescue})

    @classmethod
    def from_bytes(cls, body: bytes) -> "Command":
        """Read a command. Raises `MalformedCommandError`."""
        try:
            wire = _Wire.model_validate_json(body)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors()[:5])
            raise MalformedCommandError(f"not a command: {problems}") from None
        return cls(wire.task_id, PLAN if wire.unit == "plan" else Unit(wire.unit), wire.rescue)


class Commands:
    """Sends commands; each call returns when the broker has confirmed the command."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def send(self, command: Command) -> None:
        """Send a command to the next free scanner."""
        await self._publisher.send_until_confirmed(
            command.to_bytes(), exchange=COMMANDS_EXCHANGE, routing_key=SLICE_COMMAND, headers={}
        )

    async def send_later(self, command: Command, wait: Wait) -> None:
        """Send a command through a delay queue. The copy is no rescue."""
        await self._publisher.send_until_confirmed(
            Command(command.task_id, command.unit).to_bytes(),
            exchange=RETRY_EXCHANGE,
            routing_key=retry_queue(SLICES, wait.queue_s),
            headers={},
            expires_s=wait.seconds,
        )
