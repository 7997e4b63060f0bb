"""Subscribers of the scanner: requests, cancels, commands, deleted accounts, connection tests."""

import asyncio

from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from services.scanner.credentials.connection_test import ConnectionTester
from services.scanner.jobs.account_erasure import AccountEraser
from services.scanner.jobs.commands import Command, MalformedCommandError
from services.scanner.jobs.executor import UnitExecutor
from services.scanner.jobs.run_lifecycle import RunLifecycle
from shared.events import AccountCheckRequested, AccountDeleted, Event, ScanCancelRequested, ScanRequested
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import event_handler, handle_with_retries
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


def subscribe_accounts(
    broker: RabbitBroker, account_eraser: AccountEraser, tester: ConnectionTester, dead_letters: DeadLetters
) -> None:
    """Register the subscribers of accounts: deletions, and connection tests."""

    async def on_account_deleted(event: Event[AccountDeleted], _: bool) -> None:
        await account_eraser.erase(event.data)

    async def on_check_requested(event: Event[AccountCheckRequested], _: bool) -> None:
        await tester.test(event.data)

    deletions = event_handler(ACCOUNT_DELETED, AccountDeleted, on_account_deleted, dead_letters=dead_letters)
    checks = event_handler(
        ACCOUNT_CHECK_REQUESTED, AccountCheckRequested, on_check_requested, dead_letters=dead_letters
    )
    for queue, handle, at_once in (
        (ACCOUNT_DELETED, deletions, _DELETIONS_AT_ONCE),
        (ACCOUNT_CHECK_REQUESTED, checks, _CHECKS_AT_ONCE),
    ):
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
            await self._dead_letters.add(message.body, queue=SLICES, reason=str(error), headers=message.headers)
            await message.ack()
            return
        marked = command.rescue or bool(message.raw_message.redelivered)
        work = asyncio.create_task(
            handle_with_retries(
                message, SLICES, self._dead_letters, lambda: self._executor.execute(command, marked=marked)
            )
        )
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        await asyncio.shield(work)
        await message.ack()

    async def drain(self, *, within_s: float) -> None:
        """Wait until the work under way has handed its units back; cancel what is late."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)
