"""Nothing that a person wrote or is called leaves with the events, whatever stands in the mailbox."""

import asyncio
import email
from collections.abc import AsyncIterator
from email.message import EmailMessage, Message

import aio_pika
import pytest

from shared.messaging.topology import EVENTS_EXCHANGE
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import patience

PERSON = "Wilhelmina Quackenbush"
ADDRESSES = ("wilhelmina@quackenbush.example", "billing@lampen.example", "secret-copy@quackenbush.example")
SUBJECT = "Confidential: the zebra invoice"
FILE = "wilhelmina-private.xml"
WORDS = "Dear Wilhelmina, my gate code is 7-3-9-1"


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


def telling(number: int, invoice: bytes) -> bytes:
    """A message that has something personal wherever a message can have it, and an invoice."""
    message = EmailMessage()
    message["From"], message["To"] = f"{PERSON} <{ADDRESSES[0]}>", ADDRESSES[1]
    message["Reply-To"], message["Subject"] = ADDRESSES[2], f"{SUBJECT} {number}"
    message["Date"], message["Message-ID"] = "Thu, 05 Mar 2026 10:00:00 +0000", f"<{number}.{ADDRESSES[0]}>"
    message.set_content(WORDS)
    message.add_attachment(invoice, maintype="application", subtype="xml", filename=FILE)
    return message.as_bytes()


def ubl(number: str) -> bytes:
    attached = email.message_from_bytes(a_message(1, invoice=number)).get_payload()
    assert isinstance(attached, list)
    part = attached[1]
    assert isinstance(part, Message)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


async def test_no_event_holds_an_address_a_subject_a_name_or_a_word_of_the_mail(stage: Stage) -> None:
    bodies: list[bytes] = []
    heard_all = asyncio.Event()

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        bodies.append(message.body + repr(message.headers).encode() + repr(message.properties).encode())
        if message.routing_key == "scan.failed.v1":
            heard_all.set()

    async with await aio_pika.connect(stage.vhost.url("administrator")) as connection, stage.scanner():
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "#")
        await queue.consume(hear, no_ack=True)
        mailbox = an_mbox([telling(number, ubl(f"L-{number}")) for number in range(1, 7)])
        task_id = await stage.request(await stage.account(mailbox))
        ended = await stage.said.until_key(task_id, "scan.completed.v1")
        missing = await stage.request(await stage.account())
        await stage.said.until_key(missing, "scan.failed.v1")
        async with patience():
            await heard_all.wait()
    assert ended.data.result.invoices == 6
    told = b"\n".join(bodies).decode()
    assert told.count("io.mailtally.invoice.found.v1") >= 6
    assert "Lampenwerk GmbH" in told, "the vendor is what the event is for"
    private = (*ADDRESSES, *PERSON.split(), "quackenbush", "lampen.example", SUBJECT, "zebra", FILE, WORDS, "gate code")
    assert [word for word in private if word.lower() in told.lower()] == []
    assert "@" not in told.replace(stage.vhost.name, "")
