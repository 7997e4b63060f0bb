"""A scanner inside the test, mailboxes for it to scan, and ears for what it says."""

import asyncio
import datetime as dt
import io
import uuid
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from unittest.mock import patch

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from services.scanner import main
from services.scanner.main import Scanner
from services.scanner.settings import ScannerSettings
from shared.events import (
    AccountDeleted,
    Event,
    EventData,
    ScanCancelRequested,
    ScanRequested,
    decode,
    new_event,
    utc_now,
)
from shared.events.scans import ScanType
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.messaging.topology import EVENTS_EXCHANGE
from shared.mongo import Database, GridFSBucket, connect, database
from shared.observability.metrics import new_registry
from tests.support.dovecot import HOST, PASSWORD, MailServer
from tests.support.keys import PRIVATE_KEY
from tests.support.mail_accounts import an_account
from tests.support.parsers import SharedParsers
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import Arrivals, patience

USER = "user-1"
SWEEP_S = 0.3
"""So often sweep the scanners of tests, whatever their lease: nobody waits for a sweep."""
UIDVALIDITY = 1_772_000_000_000
_UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:a="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:b="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <b:ID>{number}</b:ID><b:IssueDate>2026-03-01</b:IssueDate><b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>
 <a:AccountingSupplierParty><a:Party>
  <a:PartyTaxScheme><b:CompanyID>DE136695976</b:CompanyID><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme>
  <a:PartyLegalEntity><b:RegistrationName>Lampenwerk GmbH</b:RegistrationName></a:PartyLegalEntity>
 </a:Party></a:AccountingSupplierParty>
 <a:TaxTotal><b:TaxAmount currencyID="EUR">19.00</b:TaxAmount></a:TaxTotal>
 <a:LegalMonetaryTotal><b:TaxExclusiveAmount currencyID="EUR">100.00</b:TaxExclusiveAmount>
  <b:TaxInclusiveAmount currencyID="EUR">119.00</b:TaxInclusiveAmount></a:LegalMonetaryTotal>
</Invoice>"""


def a_message(number: int, *, invoice: str | None = None, sent: str = "Thu, 05 Mar 2026 10:00:00 +0000") -> bytes:
    """A message; `invoice` is the number of the UBL invoice attached to it."""
    message = EmailMessage()
    message["From"], message["Subject"] = "Lampenwerk <billing@lampen.example>", f"Message {number}"
    message["Date"], message["Message-ID"] = sent, f"<{number}@lampen.example>"
    message.set_content("Good morning.\n\nFrom here on nothing but text.\n")
    if invoice is not None:
        content = _UBL.format(number=invoice).encode()
        message.add_attachment(content, maintype="application", subtype="xml", filename=f"{invoice}.xml")
    return message.as_bytes()


def an_mbox(messages: Sequence[bytes]) -> bytes:
    """The messages as an mbox, quoted as mboxrd."""
    quoted = (message.replace(b"\nFrom ", b"\n>From ") for message in messages)
    return b"".join(b"From x@example.org Mon Mar  2 10:00:00 2026\n" + message + b"\n" for message in quoted)


def a_zip(members: Mapping[str, bytes]) -> bytes:
    """The members as a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


class Said(Arrivals[Event[Any]]):
    """Every event that was published since the test began, in the order of one queue."""

    async def hear(self, message: AbstractIncomingMessage) -> None:
        """Note an event."""
        await self.add(decode(message.body))

    @property
    def events(self) -> list[Event[Any]]:
        """All of them."""
        return self.items

    def of(self, task_id: str) -> list[Event[Any]]:
        """The scanner's events of a task."""
        return [event for event in self.events if event.subject == task_id and event.source.endswith("scanner")]

    def keys(self, task_id: str) -> list[str]:
        """The routing keys of `of`."""
        return [event.routing_key for event in self.of(task_id)]

    async def until_key(self, task_id: str, key: str) -> Event[Any]:
        """Wait for the first event of a task with this key."""
        await self.until(lambda: key in self.keys(task_id))
        return next(event for event in self.of(task_id) if event.routing_key == key)

    async def until_scanned(self, task_id: str, messages: int) -> None:
        """Wait until a scan says that it has scanned so many messages."""
        await self.until(lambda: any(getattr(e.data, "messages_scanned", 0) >= messages for e in self.of(task_id)))


@dataclass
class Stage:
    """Servers, ears and an api's hands; `db` is an administrator's view."""

    vhost: Vhost
    test_database: TestDatabase
    db: Database
    said: Said
    _api: Publisher
    _uploads: Database
    registry: CollectorRegistry = field(default_factory=new_registry)
    """Of the scanner that was started last."""

    def settings(self, **changes: Any) -> ScannerSettings:
        """Small slices, so that little mailboxes show everything, and leases that no busy machine outlasts."""
        values: dict[str, Any] = {
            "amqp_url": self.vhost.url("scanner"),
            "mongo_url": self.test_database.url("scanner"),
            "mongo_database": self.test_database.name,
            "seal_private_key": SecretStr(PRIVATE_KEY),
            "slice_messages": 5,
            "slice_lease_s": 600,
            "scanner_concurrency": 2,
            "scanner_units": 2,
            **changes,
        }
        return ScannerSettings(**values)

    def environment(self, **changes: Any) -> dict[str, str]:
        """The same settings for a process; its health is served on any free port."""
        values = self.settings(**changes).model_dump(exclude_none=True)
        values |= {"http_port": 0, "seal_private_key": PRIVATE_KEY}
        return {f"MAILTALLY_{name.upper()}": str(value) for name, value in values.items()}

    @asynccontextmanager
    async def scanner(self, **changes: Any) -> AsyncIterator[Scanner]:
        """A scanner that serves, stopped in the orderly way. Its parsers are those of all tests."""
        self.registry = new_registry()
        with patch.object(main, "ParserPool", SharedParsers):
            scanner = Scanner(self.settings(**changes), self.registry)
        scanner._sweep_s = SWEEP_S  # noqa: SLF001 (follows from the lease otherwise)
        serving = asyncio.create_task(scanner.serve())
        try:
            yield scanner
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await scanner.stop()

    async def account(
        self, content: bytes | None = None, kind: str = "mbox", *, user_id: str = USER, chunk_bytes: int = 1024
    ) -> str:
        """An account as the api leaves it, with an upload or none; small chunks, so that little mailboxes have many."""
        account_id = f"account-{uuid.uuid4().hex[:8]}"
        upload = None if content is None else await self._upload(content, kind, account_id, user_id, chunk_bytes)
        return await self._stored(account_id, user_id, {"kind": "upload", "upload": upload})

    async def mail_account(
        self, server: MailServer, user: str, *, user_id: str = USER, secret: str = PASSWORD, **changes: Any
    ) -> str:
        """An account on the mail server, as the api leaves it; `secret` is the password."""
        account = an_account(host=HOST, port=server.tls_port, user_id=user_id)
        account.mailbox = account.mailbox.model_copy(update={"username": user, **changes})
        account.seal(version=account.mailbox.secret_version, password=secret)
        await account.store(self._uploads)
        return account.account_id

    async def delete_account(self, account_id: str) -> None:
        await self._uploads["email_accounts"].delete_one({"_id": account_id})

    async def announce_deletion(self, account_id: str) -> None:
        """The account is gone, and the scanners are told so, as by the api."""
        await self.delete_account(account_id)
        await self._publish(AccountDeleted(account_id=account_id, user_id=USER, deleted_at=utc_now()), 0)

    async def until_stored(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Wait until the database is as it shall be, by looking after every change."""
        async with patience(), self.db.watch() as changes:
            while not await condition():
                await changes.next()

    async def request(
        self,
        account_id: str,
        *,
        full: bool = False,
        months: int | None = None,
        task_id: str | None = None,
        user_id: str = USER,
        requested_at: dt.datetime | None = None,
        scan_type: ScanType = "all",
    ) -> str:
        """Ask for a scan as the api does; returns its task id."""
        requested = ScanRequested(
            task_id=task_id or str(uuid.uuid4()),
            user_id=user_id,
            account_id=account_id,
            scan_type=scan_type,
            months=months,
            full=full,
            requested_at=requested_at or utc_now(),
        )
        await self._publish(requested, 0)
        return requested.task_id

    async def request_cancel(self, task_id: str) -> None:
        await self._publish(
            ScanCancelRequested(task_id=task_id, user_id=USER, requested_at=utc_now(), reason="asked"), 1
        )

    async def _publish(self, data: EventData, sequence: int) -> None:
        await self._api.publish(new_event(data, service="api", sequence=sequence, time=utc_now()))

    async def _stored(self, account_id: str, user_id: str, source: dict[str, Any]) -> str:
        now = utc_now()
        times = {"created_at": now, "updated_at": now}
        await self._uploads["email_accounts"].insert_one(
            {"_id": account_id, "user_id": user_id, "label": "a", "source": source, **times}
        )
        return account_id

    async def _upload(
        self, content: bytes, kind: str, account_id: str, user_id: str, chunk_bytes: int
    ) -> dict[str, Any]:
        file_id = uuid.uuid4().hex
        bucket = GridFSBucket(self._uploads, bucket_name="uploads", chunk_size_bytes=chunk_bytes)
        metadata = {"user_id": user_id, "account_id": account_id}
        await bucket.upload_from_stream_with_id(file_id, "mailbox", content, metadata=metadata)
        return {
            "file_id": file_id,
            "filename": "mailbox",
            "format": kind,
            "messages": 0,
            "bytes": len(content),
            "uidvalidity": UIDVALIDITY,
            "uploaded_at": utc_now(),
        }


@asynccontextmanager
async def a_stage(vhost: Vhost, test_database: TestDatabase) -> AsyncIterator[Stage]:
    """All that stands around a scanner."""
    administrator = connect(test_database.url("administrator"), service="test")
    api = connect(test_database.url("api"), service="test")
    broker = publishing_broker(vhost.url("api"), service="api")
    await start_when_reachable(broker)
    said = Said()
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "#")
        await queue.consume(said.hear, no_ack=True)
        try:
            yield Stage(
                vhost,
                test_database,
                database(administrator, test_database.name),
                said,
                Publisher(broker),
                database(api, test_database.name),
            )
        finally:
            await broker.stop()
            administrator.close()
            api.close()
