"""Commands on `scanner.slices`: hints to look at a unit of a run. Nothing in them is trusted; losing or doubling one is
harmless."""

from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from services.scanner.jobs.retry_policy import Wait
from services.scanner.runs.model import PLAN, Unit
from shared.errors import MailtallyError
from shared.messaging.publishing import Publisher
from shared.messaging.topology import COMMANDS_EXCHANGE, RETRY_EXCHANGE, SLICE_COMMAND, SLICES, retry_queue


class MalformedCommand(MailtallyError):
    """A message body that is no command; the message says why, without quoting the body."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str = Field(min_length=1, max_length=64)
    unit: Literal["plan"] | NonNegativeInt
    rescue: bool = False


@dataclass(frozen=True)
class Command:
    """Work on this unit. `rescue`: the sweeper sent it, so that a done unit's publishes are to be repeated."""

    task_id: str
    unit: Unit = PLAN
    rescue: bool = False

    def to_bytes(self) -> bytes:
        """The wire form."""
        unit = "plan" if self.unit.slice_number is None else self.unit.slice_number
        return orjson.dumps({"task_id": self.task_id, "unit": unit, "rescue": self.rescue})

    @classmethod
    def from_bytes(cls, body: bytes) -> "Command":
        """Read a command. Raises `MalformedCommand`."""
        try:
            wire = _Wire.model_validate_json(body)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors()[:5])
            raise MalformedCommand(f"not a command: {faults}") from None
        return cls(wire.task_id, PLAN if wire.unit == "plan" else Unit(wire.unit), wire.rescue)


class Commands:
    """Sends commands; each call returns when the broker has stored the command."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def send(self, command: Command) -> None:
        """To whoever is free."""
        await self._publisher.send_until_confirmed(
            command.to_bytes(), exchange=COMMANDS_EXCHANGE, routing_key=SLICE_COMMAND, headers={}
        )

    async def send_later(self, command: Command, wait: Wait) -> None:
        """Through a delay queue; the copy is no rescue."""
        await self._publisher.send_until_confirmed(
            Command(command.task_id, command.unit).to_bytes(),
            exchange=RETRY_EXCHANGE,
            routing_key=retry_queue(SLICES, wait.queue_s),
            headers={},
            expires_s=wait.seconds,
        )
