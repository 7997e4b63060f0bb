"""The scanner's events, each built from what a committed write returned, so that repeating one gives the same event."""

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Iterable
from typing import TypeVar

from services.scanner.progress_text import reading_mailbox, scanned_of
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

logger = logging.getLogger("mailtally.scanner.announcements")

_SERVICE = "scanner"

DataT = TypeVar("DataT", bound=EventData)


def queued(run: Document) -> Event[ScanQueued]:
    """For a run that waits, or whose plan has not begun; `run` as returned with a fresh sequence number."""
    reason = "Waiting for another scan to finish" if run["state"] == "waiting" else "Waiting for a free scanner"
    data = ScanQueued(task_id=run["_id"], user_id=run["user_id"], account_id=run["account_id"], reason=reason)
    return _event(data, run, sequence=run["seq"], time=run["updated_at"])


def started(run: Document) -> Event[ScanStarted]:
    """For a run whose plan is stored."""
    began = run["started"]
    data = ScanStarted(
        task_id=run["_id"],
        user_id=run["user_id"],
        account_id=run["account_id"],
        messages_total=began["messages_total"],
        estimated_duration=began["estimated_duration"],
    )
    return _event(data, run, sequence=began["seq"], time=began["at"])


def progressed(run: Document, *, listed: int = 0) -> Event[ScanProgressed]:
    """For a tick or a done slice; `listed` messages so far while the run has no plan."""
    messages = run.get("messages")
    totals = run.get("totals", {"scanned": 0, "skipped": 0, "invoices": 0})
    status = reading_mailbox(listed) if messages is None else scanned_of(totals["scanned"], messages, totals["skipped"])
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


def ended(run: Document) -> Event[ScanCompleted] | Event[ScanFailed] | Event[ScanCancelled]:
    """The terminal event, from the run's `end` alone."""
    end = run["end"]
    whose = {"task_id": run["_id"], "user_id": run["user_id"], "account_id": run["account_id"]}
    sequence, time = end["seq"], end["at"]
    if end["kind"] == FAILED:
        failed = ScanFailed(**whose, error_code=end["error_code"], error=end["error"])
        return _event(failed, run, sequence=sequence, time=time)
    result = ScanResult.model_validate(end["result"]) if "result" in end else None
    if end["kind"] == CANCELLED:
        cancelled = ScanCancelled(**whose, reason=end["reason"], result=result)
        return _event(cancelled, run, sequence=sequence, time=time)
    completed = ScanCompleted(**whose, result=ScanResult.model_validate(end["result"]))
    return _event(completed, run, sequence=sequence, time=time)


def found(invoice: Invoice) -> Event[InvoiceFound]:
    """For a stored invoice. Its id comes from the invoice, so that a redone message announces it under the same id."""
    data = InvoiceFound.of(invoice)
    trace = current_traceparent()
    return new_event(
        data, service=_SERVICE, sequence=0, time=invoice.found_at, discriminator=invoice.id, traceparent=trace
    )


def _event(data: DataT, run: Document, *, sequence: int, time: dt.datetime) -> Event[DataT]:
    """An event of a run belongs to the trace that the run was asked for in."""
    return new_event(data, service=_SERVICE, sequence=sequence, time=time, traceparent=run.get("traceparent"))


class Announcements:
    """Publishes the events."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def queued(self, run: Document) -> None:
        """Returns when it is stored."""
        await self._publisher.publish_until_confirmed([queued(run)])

    async def started(self, run: Document) -> None:
        """Returns when it is stored."""
        await self._publisher.publish_until_confirmed([started(run)])

    async def progressed(self, run: Document, *, listed: int = 0) -> None:
        """One attempt: the next one will say more, and a broker that is away must not stop the work."""
        try:
            await self._publisher.publish(progressed(run, listed=listed))
        except NotConfirmed as error:
            logger.info("progress was not told", extra={"reason": str(error)})

    async def ended(self, run: Document) -> None:
        """The terminal event, after `scan.started` if that may not have been published."""
        if "started" in run and not run["plan"]["flushed"]:
            await self.started(run)
        await self._publisher.publish_until_confirmed([ended(run)])

    async def found(self, invoices: Iterable[Invoice]) -> None:
        """Returns when they are stored; their order means nothing."""
        await asyncio.gather(*(self._publisher.publish_until_confirmed([found(invoice)]) for invoice in invoices))

    async def secret_rotated(self, account_id: str, previous_version: int, sealed_secret: str) -> None:
        """Returns when it is stored. Its id comes from the secret, as two scanners may replace the same one."""
        data = AccountSecretRotated(
            account_id=account_id, previous_version=previous_version, sealed_secret=sealed_secret
        )
        which = hashlib.sha256(sealed_secret.encode()).hexdigest()
        event = new_event(data, service=_SERVICE, sequence=previous_version, time=utc_now(), discriminator=which)
        await self._publisher.publish_until_confirmed([event])

    async def checked(self, account_id: str, check_id: str, code: str) -> None:
        """One attempt: whoever waits for it looks for the result in the end, and there may be nobody."""
        data = AccountChecked(account_id=account_id, check_id=check_id, code=code)
        event = new_event(data, service=_SERVICE, sequence=0, time=utc_now(), discriminator=check_id)
        try:
            await self._publisher.publish(event, mandatory=False)
        except NotConfirmed as error:
            logger.info("the end of a check was not told", extra={"reason": str(error)})
