"""A mailbox's secrets are where they must be and nowhere else: no log, event, metric, answer or document has them."""

import asyncio
import base64
import email.utils
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, quote_plus

import aio_pika
import bson
import httpx
import jwt
from pymongo import MongoClient

from cli.client.api import ApiClient, Json
from shared.messaging.topology import EVENTS_EXCHANGE, EVENTS_LOG
from tests.e2e.conftest import LocalStack
from tests.support.dovecot import HOST, PASSWORD, MailServer
from tests.support.mailing import a_user
from tests.support.scanning import a_message
from tests.support.token_server import TokenServer, a_token_server
from tests.support.waiting import SECONDS, patience

NOW = email.utils.formatdate(time.time())
CLIENT_SECRET = "client-secret-of-the-test"
WRONG = "a wrong password of the test"


class Everything:
    """Whatever left the services: by source, as text."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {"answers": [], "events": []}

    def hear(self, response: httpx.Response) -> None:
        response.read()
        self.texts["answers"].append(f"{response.headers}\n{response.text}")

    def places_of(self, secret: str) -> list[str]:
        """Where the secret, or a usual disguise of it, is found."""
        forms = {secret, json.dumps(secret)[1:-1], quote(secret), quote_plus(secret)}
        forms |= {base64.b64encode(form).decode().rstrip("=") for form in (secret.encode(), b"\0u\0" + secret.encode())}
        return sorted(
            {place for place, texts in self.texts.items() for text in texts for form in forms if form in text}
        )


@asynccontextmanager
async def listening(stack: LocalStack, everything: Everything) -> AsyncIterator[None]:
    """Keeps every event, those included that are only heard live."""
    async with await aio_pika.connect(stack.state.amqp_url) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "#")

        async def keep(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            everything.texts["events"].append(f"{message.headers}\n{message.body.decode()}")

        await queue.consume(keep, no_ack=True)
        yield


async def stream(stack: LocalStack, *, until: str) -> list[str]:
    """What the stream keeps, from its beginning to an event that has this text."""
    kept: list[str] = []
    done = asyncio.Event()
    async with await aio_pika.connect(stack.state.amqp_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(100)

        async def keep(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            kept.append(message.body.decode())
            await message.ack()
            if until in kept[-1] and "scan.completed" in kept[-1]:
                done.set()

        queue = await channel.get_queue(EVENTS_LOG, ensure=False)
        await queue.consume(keep, arguments={"x-stream-offset": "first"})
        async with patience():
            await done.wait()
    return kept


def metrics(stack: LocalStack) -> Iterator[str]:
    for urls in stack.state.metrics.values():
        for url in [urls] if isinstance(urls, str) else urls:
            yield httpx.get(url, timeout=SECONDS).text


def documents(stack: LocalStack) -> Iterator[str]:
    """Every document of every collection, with what is stored as bytes."""
    with MongoClient[dict[str, Any]](stack.state.mongo_url) as client:
        for name in client["mailtally"].list_collection_names():
            for document in client["mailtally"][name].find():
                yield f"{name}: {document} {bson.encode(document).decode('utf-8', 'replace')}"


def logs(stack: LocalStack) -> Iterator[str]:
    for path in stack.layout.logs.iterdir():
        yield path.read_text(encoding="utf-8", errors="replace")


def scan(api: ApiClient, account_id: str) -> Json:
    task_id = api.start_scan(account_id, months=None, full=False)["task_id"]
    with api.events(f"/v1/scans/{task_id}/events") as events:
        told: list[Json] = [json.loads(event.data) for event in events]
    return told[-1]


def use_password(api: ApiClient, server: MailServer, user: str) -> Json:
    """Everything that a password goes through: refused, given again, checked, scanned."""
    place = {"kind": "imap", "host": HOST, "port": server.tls_port, "username": user}
    account = api.create_account("By password", {**place, "password": WRONG})
    assert api.check_account(account["account_id"])["code"] == "login_refused"
    assert scan(api, account["account_id"])["error_code"] == "login_refused"
    api.change_account(account["account_id"], source={"password": PASSWORD})
    assert api.check_account(account["account_id"])["ok"] is True
    return scan(api, account["account_id"])


def use_tokens(api: ApiClient, server: MailServer, tokens: TokenServer, user: str) -> Json:
    oauth2 = {
        "provider": "other",
        "client_id": "client",
        "client_secret": CLIENT_SECRET,
        "refresh_token": tokens.refresh_tokens[0],
        "token_url": f"https://{HOST}:{tokens.port}/token",
    }
    place = {"kind": "imap", "host": HOST, "port": server.tls_port, "username": user}
    account = api.create_account("By token", {**place, "auth": "xoauth2", "oauth2": oauth2})
    assert api.check_account(account["account_id"])["ok"] is True
    return scan(api, account["account_id"])


async def test_no_secret_of_a_mailbox_is_found_anywhere(stack: LocalStack, mail_server: MailServer) -> None:
    everything, user = Everything(), a_user()
    mail_server.deliver(user, [a_message(n, invoice=f"S-{n}", sent=NOW) for n in range(1, 4)])
    given: list[str] = []

    def access_token(number: int) -> str:
        claims = {"sub": user, "exp": 4_000_000_000, "n": number, "salt": secrets.token_hex(8)}
        given.append(jwt.encode(claims, mail_server.token_key, algorithm="HS256"))
        return given[-1]

    async with a_token_server(HOST, authority=stack.authority) as tokens, listening(stack, everything):
        tokens.access_token = access_token
        tokens.refresh_tokens = [f"refresh-{secrets.token_hex(16)}"]
        with stack.door.user(f"user-{secrets.token_hex(4)}") as api:
            api._http.event_hooks["response"].append(everything.hear)  # noqa: SLF001
            by_password = await asyncio.to_thread(use_password, api, mail_server, user)
            by_token = await asyncio.to_thread(use_tokens, api, mail_server, tokens, user)
            for task in (by_password, by_token):
                assert (task["status"], task["messages_scanned"]) == ("DONE", 3), task
            api.accounts()
            list(api.scans())
            everything.texts["stream"] = await stream(stack, until=by_token["task_id"])
            everything.texts["metrics"] = list(metrics(stack))
            everything.texts["database"] = list(documents(stack))
            everything.texts["logs"] = list(logs(stack))
    assert len(tokens.refresh_tokens) > 1, "no refresh token was replaced"
    for secret in (PASSWORD, WRONG, CLIENT_SECRET, *tokens.refresh_tokens, *given):
        assert everything.places_of(secret) == []
    # What is looked for is found where it may be; and whose mailbox it is, is said to its user alone.
    assert everything.places_of(by_token["account_id"]) == ["answers", "database", "events", "logs", "stream"]
    assert everything.places_of(user) == ["answers", "database"]
    assert all(everything.texts.values())
