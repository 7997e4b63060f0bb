"""What arrives from the broker about accounts: deletions, and checks that a person waits for."""

from typing import Any

from faststream.rabbit import Channel, RabbitBroker

from services.scanner.credentials.connection_test import MailboxChecks
from services.scanner.jobs.account_erasure import Deleting
from shared.errors import MalformedEvent
from shared.events import AccountCheckRequested, AccountDeleted, Event
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import event_handler
from shared.messaging.topology import ACCOUNT_CHECK_REQUESTED, ACCOUNT_DELETED

_DELETIONS_AT_ONCE = 2
_CHECKS_AT_ONCE = 8


def subscribe_accounts(
    broker: RabbitBroker, deleting: Deleting, checks: MailboxChecks, dead_letters: DeadLetters
) -> None:
    """Register the two subscribers."""

    async def on_account_deleted(event: Event[Any], _: bool) -> None:
        if not isinstance(event.data, AccountDeleted):
            raise MalformedEvent(f"{event.type} does not belong here")
        await deleting.delete(event.data)

    async def on_check_requested(event: Event[Any], _: bool) -> None:
        if not isinstance(event.data, AccountCheckRequested):
            raise MalformedEvent(f"{event.type} does not belong here")
        await checks.perform(event.data)

    for queue, on_event, at_once in (
        (ACCOUNT_DELETED, on_account_deleted, _DELETIONS_AT_ONCE),
        (ACCOUNT_CHECK_REQUESTED, on_check_requested, _CHECKS_AT_ONCE),
    ):
        handle = event_handler(queue, dead_letters, on_event)
        broker.subscriber(existing_queue(queue), channel=Channel(prefetch_count=at_once))(handle)
