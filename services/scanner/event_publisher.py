"""Events of the scanner, built from what a committed write returned, so that repeats are equal."""

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Iterable
from typing import TypeVar

from services.scanner.progress_text import listing_text, scanning_text
from services.scanner.runs.model import CANCELLED, FAILED
from shared.errors import NotConfirmed
from shared.events import (
    AccountChecked,
    AccountSecretRotated,
    Event,
    EventData,
    InvoiceFound,
    ScanCancelled,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanResult,
    ScanStarted,
    new_event,
    utc_now,
)
from shared.invoices import Invoice
from shared.messaging.publishing import Publisher
from shared.mongo import Document
from shared.observability.tracing import current_traceparent

logger = logging.getLogger("mailtally.scanner.events")

_SERVICE = "scanner"

DataT = TypeVar("DataT", bound=EventData)


def queued_event(run: Document) -> Event[ScanQueued]:
    """Return the event of a run that waits, or whose plan has not begun.

    `run` is as returned with a fresh sequence number.
    """
    reason = "Waiting for another scan to finish" if run["state"] == "waiting" else "Waiting for a free scanner"
    data = ScanQueued(task_id=run["_id"], user_id=run["user_id"], account_id=run["account_id"], reason=reason)
    return _event(data, run, sequence=run["seq"], time=run["updated_at"])


def started_event(run: Document) -> Event[ScanStarted]:
    """Return the event of a run whose plan is stored."""
    began = run["started"]
    data = ScanStarted(
        task_id=run["_id"],
        user_id=run["user_id"],
        account_id=run["account_id"],
        messages_total=began["messages_total"],
        estimated_duration=began["estimated_duration"],
    )
    return _event(data, run, sequence=began["seq"], time=began["at"])


def progressed_event(run: Document, *, listed: int = 0) -> Event[ScanProgressed]:
    """Return the event of a progress report or a done slice.

    `listed` is the number of messages listed so far, while the run has no plan.
    """
    messages = run.get("messages")
    totals = run.get("totals", {"scanned": 0, "skipped": 0, "invoices": 0})
    status = listing_text(listed) if messages is None else scanning_text(totals["scanned"], messages, totals["skipped"])
    data = ScanProgressed(
        task_id=run["_id"],
        user_id=run["user_id"],
        account_id=run["account_id"],
        progress=run.get("progress_high", 0),
        current_status=status,
        messages_total=messages,
        messages_scanned=totals["scanned"],
        invoices_found=totals["invoices"],
    )
    return _event(data, run, sequence=run["seq"], time=run["updated_at"])


def ended_event(run: Document) -> Event[ScanCompleted] | Event[ScanFailed] | Event[ScanCancelled]:
    """Return the terminal event, built from the run's `end` alone."""
    end = run["end"]
    identity = {"task_id": run["_id"], "user_id": run["user_id"], "account_id": run["account_id"]}
    sequence, time = end["seq"], end["at"]
    if end["kind"] == FAILED:
        failed = ScanFailed(**identity, error_code=end["error_code"], error=end["error"])
        return _event(failed, run, sequence=sequence, time=time)
    result = ScanResult.model_validate(end["result"]) if "result" in end else None
    if end["kind"] == CANCELLED:
        cancelled = ScanCancelled(**identity, reason=end["reason"], result=result)
        return _event(cancelled, run, sequence=sequence, time=time)
    completed = ScanCompleted(**identity, result=ScanResult.model_validate(end["result"]))
    return _event(completed, run, sequence=sequence, time=time)


def invoice_found_event(invoice: Invoice) -> Event[InvoiceFound]:
    """Return the event of a stored invoice.

    Its id comes from the invoice, so that a repeated message gives the same event.
    """
    data = InvoiceFound.of(invoice)
    trace = current_traceparent()
    return new_event(
        data, service=_SERVICE, sequence=0, time=invoice.found_at, discriminator=invoice.id, traceparent=trace
    )


def _event(data: DataT, run: Document, *, sequence: int, time: dt.datetime) -> Event[DataT]:
    """Return an event in the trace of the run's request."""
    return new_event(data, service=_SERVICE, sequence=sequence, time=time, traceparent=run.get("traceparent"))


class EventPublisher:
    """Publishes the events of the scanner.

    The broker has confirmed them when a method returns, unless it says otherwise.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def publish_queued(self, run: Document) -> None:
        """Publish `scan.queued`."""
        await self._publisher.publish_until_confirmed([queued_event(run)])

    async def publish_started(self, run: Document) -> None:
        """Publish `scan.started`."""
        await self._publisher.publish_until_confirmed([started_event(run)])

    async def publish_progressed(self, run: Document, *, listed: int = 0) -> None:
        """Try once to publish `scan.progressed`.

        The next one says more, and an unavailable broker must not stop the work.
        """
        try:
            await self._publisher.publish(progressed_event(run, listed=listed))
        except NotConfirmed as error:
            logger.info("progress event not published", extra={"event": "progress_not_published", "reason": str(error)})

    async def publish_ended(self, run: Document) -> None:
        """Publish the terminal event, after `scan.started` if that may not have been published."""
        if "started" in run and not run["plan"]["flushed"]:
            await self.publish_started(run)
        await self._publisher.publish_until_confirmed([ended_event(run)])

    async def publish_invoices_found(self, invoices: Iterable[Invoice]) -> None:
        """Publish `invoice.found` of each invoice; their order means nothing."""
        await asyncio.gather(
            *(self._publisher.publish_until_confirmed([invoice_found_event(invoice)]) for invoice in invoices)
        )

    async def publish_secret_rotated(self, account_id: str, previous_version: int, sealed_secret: str) -> None:
        """Publish that a secret was replaced.

        The event's id comes from the secret, as two scanners may replace the same one.
        """
        data = AccountSecretRotated(
            account_id=account_id, previous_version=previous_version, sealed_secret=sealed_secret
        )
        digest = hashlib.sha256(sealed_secret.encode()).hexdigest()
        event = new_event(data, service=_SERVICE, sequence=previous_version, time=utc_now(), discriminator=digest)
        await self._publisher.publish_until_confirmed([event])

    async def publish_checked(self, account_id: str, check_id: str, code: str) -> None:
        """Try once to publish that a connection test has ended.

        The api reads the result in the end anyway, and perhaps no person waits for it.
        """
        data = AccountChecked(account_id=account_id, check_id=check_id, code=code)
        event = new_event(data, service=_SERVICE, sequence=0, time=utc_now(), discriminator=check_id)
        try:
            await self._publisher.publish(event, mandatory=False)
        except NotConfirmed as error:
            logger.info(
                "connection test event not published", extra={"event": "check_not_published", "reason": str(error)}
            )
