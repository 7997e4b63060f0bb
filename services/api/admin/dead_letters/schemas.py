"""Request and response models of dead letters."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema

from services.api.http.request_types import Body
from shared.messaging.topology import WORK_QUEUES
from shared.timestamps import Timestamp

QUEUES = [queue.name for queue in WORK_QUEUES]


def _known(name: str) -> str:
    if name not in QUEUES:
        raise ValueError(f"one of {', '.join(QUEUES)}")
    return name


QueueName = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": QUEUES})]
"""A queue that a service works through."""


class DeadLetter(BaseModel):
    """A message that could not be handled, without its content."""

    id: str = Field(description="valid until the message is dead-lettered again")
    queue: str = Field(description="the queue that it came from, and returns to when redriven")
    at: Timestamp | None = Field(description="when it was dead-lettered")
    reason: str | None
    type: str | None = Field(description="of the event; null for a command")
    task_id: str | None
    tries: int = Field(description="how often it was dead-lettered")
    bytes: int


class DeadLetterBody(DeadLetter):
    """A dead letter with the outline of its body: of the data only the types of the values."""

    event: dict[str, str]
    data: dict[str, str] | None = Field(examples=[{"task_id": "text of 36", "progress": "int"}])


class DeadLetterPage(BaseModel):
    """Dead letters, oldest first of each queue, and how many each queue has."""

    items: list[DeadLetter]
    queues: dict[str, int]


class DeadLettersOfQueue(Body):
    """The dead letters of one queue: all of them, or the oldest 10,000."""

    queue: QueueName


class DeadLettersByIds(Body):
    """Dead letters by id; those that no longer exist are ignored."""

    ids: list[Annotated[str, StringConstraints(max_length=40)]] = Field(min_length=1, max_length=1000)


DeadLetterChoice = DeadLettersOfQueue | DeadLettersByIds


class DeadLettersMoved(BaseModel):
    """The dead letters that were redriven or dropped."""

    ids: list[str]
