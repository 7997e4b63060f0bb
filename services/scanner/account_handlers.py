"""What arrives from the broker about accounts: deletions, and checks that a person waits for."""

from faststream.rabbit import Channel, RabbitBroker

from services.scanner.credentials.connection_test import MailboxChecks
from services.scanner.jobs.account_erasure import Deleting
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

    async def on_account_deleted(event: Event[AccountDeleted], _: bool) -> None:
        await deleting.delete(event.data)

    async def on_check_requested(event: Event[AccountCheckRequested], _: bool) -> None:
        await checks.perform(event.data)

    deletions = event_handler(ACCOUNT_DELETED, AccountDeleted, on_account_deleted, dead_letters=dead_letters)
    broker.subscriber(existing_queue(ACCOUNT_DELETED), channel=Channel(prefetch_count=_DELETIONS_AT_ONCE))(deletions)
    requests = event_handler(
        ACCOUNT_CHECK_REQUESTED, AccountCheckRequested, on_check_requested, dead_letters=dead_letters
    )
    broker.subscriber(existing_queue(ACCOUNT_CHECK_REQUESTED), channel=Channel(prefetch_count=_CHECKS_AT_ONCE))(
        requests
    )
