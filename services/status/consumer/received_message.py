"""A message of the queue of scan events with its decoded event, and what a batch of them asks for."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.status.consumer.acknowledger import BatchAcknowledger
from services.status.transitions import STEPS
from shared.errors import MalformedEvent
from shared.events import Event, ScanCleanupRequested, decode


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message, the acknowledger of its channel, and its event, or in `error` why it has none."""

    body: bytes
    headers: Mapping[str, Any]
    delivery_tag: int
    acknowledger: BatchAcknowledger
    event: Event[Any] | None
    error: str = ""

    @classmethod
    def decode(
        cls, body: bytes, headers: Mapping[str, Any], delivery_tag: int, acknowledger: BatchAcknowledger
    ) -> "ReceivedMessage":
        """Decode `body`, which may be anything; never raises."""
        try:
            event = decode(body)
        except MalformedEvent as error:
            return cls(body, headers, delivery_tag, acknowledger, None, str(error))
        if type(event.data) not in STEPS and not isinstance(event.data, ScanCleanupRequested):
            reason = f"{event.type} has no effect on the status of a scan"
            return cls(body, headers, delivery_tag, acknowledger, None, reason)
        return cls(body, headers, delivery_tag, acknowledger, event)

    def mark_processed(self) -> None:
        """Let the message be acknowledged with the next flush."""
        self.acknowledger.mark_processed(self.delivery_tag)


def events_by_task(messages: Iterable[ReceivedMessage]) -> dict[str, list[Event[Any]]]:
    """Group the events by task, in the order of their arrival."""
    events: dict[str, list[Event[Any]]] = {}
    for message in messages:
        if message.event is not None and type(message.event.data) in STEPS:
            events.setdefault(message.event.data.task_id, []).append(message.event)
    return events


def requested_cleanup(messages: Iterable[ReceivedMessage]) -> dt.datetime | None:
    """Return the latest `completed_before` of the requests for a cleanup among the messages, if
    there is one."""
    data = [message.event.data for message in messages if message.event is not None]
    return max((item.completed_before for item in data if isinstance(item, ScanCleanupRequested)), default=None)
