"""The tests' mail server behind a relay that holds messages back, so that a scan stays in its
middle.

How quick the product is, or how busy the machine, decides nothing then. The relay has a thread of
its own, for tests without an event loop.
"""

import asyncio
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.support.certificates import Authority
from tests.support.dovecot import HOST, PASSWORD, MailServer
from tests.support.mailing import a_user
from tests.support.scanning import a_message
from tests.support.terminal import ENVIRONMENT
from tests.support.waiting import eventually_sync

_FETCH = re.compile(rb"UID FETCH ([\d,:]+) ", re.IGNORECASE)


class HeldMail:
    """Relays IMAP over TLS; while `holding`, what is fetched of messages behind a certain uid does
    not come."""

    def __init__(self, server: MailServer, authority: Authority) -> None:
        self.port = 0
        self._server = server
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*authority.issue(HOST))
        self._last_free: int | None = None
        self._held = 0
        self._loop = asyncio.new_event_loop()
        self._free = asyncio.Event()
        self._free.set()

    @contextmanager
    def serve(self) -> Iterator["HeldMail"]:
        """Relay while the context lasts, on any free `port`."""
        with closing(self._loop):
            listening = self._loop.run_until_complete(asyncio.start_server(self._relay, HOST, 0, ssl=self._tls))
            self.port = listening.sockets[0].getsockname()[1]
            thread = threading.Thread(target=self._loop.run_forever, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                asyncio.run_coroutine_threadsafe(self._end(listening), self._loop).result()
                self._loop.call_soon_threadsafe(self._loop.stop)
                thread.join()

    @contextmanager
    def holding(self, *, behind: int) -> Iterator[None]:
        """Hold back messages with greater uids until the context ends."""
        self._set(behind)
        try:
            yield
        finally:
            self._set(None)

    def source(self, user: str) -> dict[str, Any]:
        """Return this user's mailbox as the API takes it."""
        place = {"host": HOST, "port": self.port, "username": user, "password": PASSWORD}
        return {"kind": "imap", "folders": ["INBOX"], **place}

    def until_held(self) -> None:
        """Wait until a client waits for such a message."""
        eventually_sync(lambda: self._held)

    def _set(self, last_free: int | None) -> None:
        async def change() -> None:
            self._last_free, self._held = last_free, 0
            (self._free.set if last_free is None else self._free.clear)()

        asyncio.run_coroutine_threadsafe(change(), self._loop).result()

    async def _end(self, listening: asyncio.Server) -> None:
        listening.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(HOST, self._server.port)
        answers = asyncio.create_task(_copy(from_server, writer))
        try:
            with suppress(OSError, asyncio.CancelledError):
                while line := await reader.readline():
                    if self._is_held(line):
                        self._held += 1
                        await self._free.wait()
                    to_server.write(line)
                    await to_server.drain()
        finally:
            answers.cancel()
            for end in (writer, to_server):
                end.close()
            await asyncio.gather(answers, writer.wait_closed(), to_server.wait_closed(), return_exceptions=True)

    def _is_held(self, line: bytes) -> bool:
        fetched = _FETCH.search(line)
        return bool(self._last_free is not None and fetched and _last(fetched[1]) > self._last_free)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _last(uids: bytes) -> int:
    return max(map(int, re.findall(rb"\d+", uids)))


@dataclass(frozen=True)
class UnfinishedMailbox:
    """A mailbox whose scan does not end while the context lasts."""

    user: str
    messages: int
    relay: HeldMail

    @property
    def source(self) -> dict[str, Any]:
        """Return it as the API takes it."""
        return self.relay.source(self.user)

    @property
    def scan(self) -> tuple[str, ...]:
        """Return the arguments of the command line that scan it, with the password in the
        `environment`."""
        return "scan", f"imaps://{self.user}@{HOST}:{self.relay.port}/INBOX", "--months", "all"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of an ordinary terminal, with the password so that the command
        does not ask for it."""
        return {**ENVIRONMENT, "MAILTALLY_PASSWORD": PASSWORD}


@contextmanager
def an_unfinished_mailbox(
    server: MailServer, relay: HeldMail, *, messages: int, free: int
) -> Iterator[UnfinishedMailbox]:
    """Give a mailbox with an invoice in every third message; messages behind the first `free` do
    not come."""
    user = a_user()
    numbers = range(1, messages + 1)
    server.deliver(user, [a_message(n, invoice=f"H-{n}" if n % 3 == 0 else None) for n in numbers])
    with relay.holding(behind=free):
        yield UnfinishedMailbox(user, messages, relay)
