"""What arrives from the broker: requests, cancels, and commands for units of work."""

import asyncio
import logging

from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from services.scanner.jobs.commands import Command, MalformedCommand
from services.scanner.jobs.executor import Units
from services.scanner.jobs.run_lifecycle import Lifecycle
from shared.events import Event, ScanCancelRequested, ScanRequested
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import event_handler, handle_with_retries
from shared.messaging.topology import SCAN_CANCEL_REQUESTED, SCAN_REQUESTED, SLICES

logger = logging.getLogger("mailtally.scanner.handlers")

_EVENTS_AT_ONCE = 20


def subscribe(
    broker: RabbitBroker, lifecycle: Lifecycle, slices: "SliceCommands", dead_letters: DeadLetters, *, at_once: int
) -> None:
    """Register the three subscribers."""

    async def on_scan_requested(event: Event[ScanRequested], redelivered: bool) -> None:
        await lifecycle.request(event.data, redelivered=redelivered)

    async def on_scan_cancel_requested(event: Event[ScanCancelRequested], _: bool) -> None:
        await lifecycle.cancel(event.data)

    requests = event_handler(SCAN_REQUESTED, ScanRequested, on_scan_requested, dead_letters=dead_letters)
    cancels = event_handler(
        SCAN_CANCEL_REQUESTED, ScanCancelRequested, on_scan_cancel_requested, dead_letters=dead_letters
    )
    for queue, handle in ((SCAN_REQUESTED, requests), (SCAN_CANCEL_REQUESTED, cancels)):
        broker.subscriber(existing_queue(queue), channel=Channel(prefetch_count=_EVENTS_AT_ONCE))(handle)
    broker.subscriber(existing_queue(SLICES), channel=Channel(prefetch_count=at_once))(slices.handle)


class SliceCommands:
    """The subscriber of `scanner.slices`. Work runs in tasks of its own: a lost channel cancels the handlers, and must
    not cancel hours of work; the broker's second delivery then finds the unit leased, or done."""

    def __init__(self, units: Units, dead_letters: DeadLetters, stopping: asyncio.Event) -> None:
        self._units = units
        self._dead_letters = dead_letters
        self._stopping = stopping
        self._running: set[asyncio.Task[None]] = set()

    async def handle(self, message: RabbitMessage) -> None:
        """Perform the command, then ack. While stopping nothing is taken: the message goes back with the channel."""
        if self._stopping.is_set():
            return
        try:
            command = Command.from_bytes(message.body)
        except MalformedCommand as error:
            await self._dead_letters.add(message.body, queue=SLICES, reason=str(error), headers=message.headers)
            await message.ack()
            return
        marked = command.rescue or bool(message.raw_message.redelivered)
        work = asyncio.create_task(
            handle_with_retries(
                message, SLICES, self._dead_letters, lambda: self._units.perform(command, marked=marked)
            )
        )
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        await asyncio.shield(work)
        await message.ack()

    async def drain(self, *, within_s: float) -> None:
        """Wait for the work under way, which `stopping` makes hand its units back; cancel what takes longer."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)
