"""Subscribers of the scanner: requests, cancels, commands, deleted accounts, connection tests."""

import asyncio
from typing import Any

from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from services.scanner.credentials.connection_test import ConnectionTester
from services.scanner.jobs.account_erasure import AccountEraser
from services.scanner.jobs.commands import Command, MalformedCommandError
from services.scanner.jobs.executor import UnitExecutor
from services.scanner.jobs.run_lifecycle import RunLifecycle
from shared.errors import MalformedEvent
from shared.events import AccountCheckRequested, AccountDeleted, Event, ScanCancelRequested, ScanRequested
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import attempt, event_handler
from shared.messaging.topology import (
    ACCOUNT_CHECK_REQUESTED,
    ACCOUNT_DELETED,
    SCAN_CANCEL_REQUESTED,
    SCAN_REQUESTED,
    SLICES,
)

_EVENTS_AT_ONCE = 20
_DELETIONS_AT_ONCE = 2
_CHECKS_AT_ONCE = 8


def subscribe(
    broker: RabbitBroker, lifecycle: RunLifecycle, slices: "SliceCommands", dead_letters: DeadLetters, *, at_once: int
) -> None:
    """Register the subscribers of scans: requests, cancels, and commands (`at_once` at a time)."""

    async def on_scan_requested(event: Event[Any], redelivered: bool) -> None:
        if not isinstance(event.data, ScanRequested):
            raise MalformedEvent(f"{event.type} does not belong here")
        await lifecycle.request(event.data, redelivered=redelivered)

    async def on_scan_cancel_requested(event: Event[Any], _: bool) -> None:
        if not isinstance(event.data, ScanCancelRequested):
            raise MalformedEvent(f"{event.type} does not belong here")
        await lifecycle.cancel(event.data)

    for queue, on_event in (
        (SCAN_REQUESTED, on_scan_requested),
        (SCAN_CANCEL_REQUESTED, on_scan_cancel_requested),
    ):
        channel = Channel(prefetch_count=_EVENTS_AT_ONCE)
        broker.subscriber(existing_queue(queue), channel=channel)(event_handler(queue, dead_letters, on_event))
    broker.subscriber(existing_queue(SLICES), channel=Channel(prefetch_count=at_once))(slices.handle)


def subscribe_accounts(
    broker: RabbitBroker, account_eraser: AccountEraser, tester: ConnectionTester, dead_letters: DeadLetters
) -> None:
    """Register the subscribers of accounts: deletions, and connection tests."""

    async def on_account_deleted(event: Event[Any], _: bool) -> None:
        if not isinstance(event.data, AccountDeleted):
            raise MalformedEvent(f"{event.type} does not belong here")
        await account_eraser.erase(event.data)

    async def on_check_requested(event: Event[Any], _: bool) -> None:
        if not isinstance(event.data, AccountCheckRequested):
            raise MalformedEvent(f"{event.type} does not belong here")
        await tester.test(event.data)

    for queue, on_event, at_once in (
        (ACCOUNT_DELETED, on_account_deleted, _DELETIONS_AT_ONCE),
        (ACCOUNT_CHECK_REQUESTED, on_check_requested, _CHECKS_AT_ONCE),
    ):
        handle = event_handler(queue, dead_letters, on_event)
        broker.subscriber(existing_queue(queue), channel=Channel(prefetch_count=at_once))(handle)


class SliceCommands:
    """Subscriber of `scanner.slices`.

    Work runs in tasks of its own: a lost channel cancels the handlers, and must not cancel hours
    of work. The broker's second delivery then finds the unit leased, or done.
    """

    def __init__(self, executor: UnitExecutor, dead_letters: DeadLetters, stopping: asyncio.Event) -> None:
        self._executor = executor
        self._dead_letters = dead_letters
        self._stopping = stopping
        self._running: set[asyncio.Task[None]] = set()

    async def handle(self, message: RabbitMessage) -> None:
        """Execute the command, then ack it.

        While stopping, leave the message unacked: it returns to the queue when the channel closes.
        """
        if self._stopping.is_set():
            return
        try:
            command = Command.from_bytes(message.body)
        except MalformedCommandError as error:
            await self._dead_letters.bury(message.body, queue=SLICES, reason=str(error), headers=message.headers)
            await message.ack()
            return
        marked = command.rescue or bool(message.raw_message.redelivered)
        work = asyncio.create_task(
            attempt(message, SLICES, self._dead_letters, lambda: self._executor.execute(command, marked=marked))
        )
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        await asyncio.shield(work)
        await message.ack()

    async def drain(self, *, within_s: float) -> None:
        """Wait for the work under way, which `stopping` makes hand its units back; cancel late
        work."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)
