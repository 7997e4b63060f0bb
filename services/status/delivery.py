"""One message of the queue as it arrived."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.status.consumer.acknowledgements import Acknowledgements
from services.status.transitions import STEPS
from shared.errors import MalformedEvent
from shared.events import Event, ScanCleanupRequested, decode


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, the channel that it must be acknowledged on, and its event, or why it has none."""

    body: bytes
    headers: Mapping[str, Any]
    tag: int
    channel: Acknowledgements
    event: Event[Any] | None
    fault: str = ""

    @classmethod
    def read(cls, body: bytes, headers: Mapping[str, Any], tag: int, channel: Acknowledgements) -> "Delivery":
        """Decode `body`, which may be anything."""
        try:
            event = decode(body)
        except MalformedEvent as error:
            return cls(body, headers, tag, channel, None, str(error))
        if type(event.data) not in STEPS and not isinstance(event.data, ScanCleanupRequested):
            return cls(body, headers, tag, channel, None, f"{event.type} says nothing about a scan's status")
        return cls(body, headers, tag, channel, event)

    def settle(self) -> None:
        """Let the message be acknowledged."""
        self.channel.settle(self.tag)


def events_by_task(deliveries: Iterable[Delivery]) -> dict[str, list[Event[Any]]]:
    """The events of each task, in the order of their arrival."""
    events: dict[str, list[Event[Any]]] = {}
    for delivery in deliveries:
        if delivery.event is not None and type(delivery.event.data) in STEPS:
            events.setdefault(delivery.event.data.task_id, []).append(delivery.event)
    return events


def cleanup_of(deliveries: Iterable[Delivery]) -> dt.datetime | None:
    """The latest moment that a cleanup among them names."""
    asked = [delivery.event.data for delivery in deliveries if delivery.event is not None]
    return max((data.completed_before for data in asked if isinstance(data, ScanCleanupRequested)), default=None)
