"""Scripted mail server: it answers correctly, except where a test replaces an answer."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.scanner.sources.imap.login import Login, PasswordLogin
from services.scanner.sources.imap.session import ImapSession, Network, open_session
from shared.mailboxes import ImapMailbox
from shared.net.address_policy import NetworkPolicy, tls_context
from tests.support.certificates import Authority

HOST = "127.0.0.1"
LOGIN = PasswordLogin("ada", "secret")
MOST_BYTES = 1024 * 1024

Answer = Callable[["Dialogue", str, str], "bytes | None"]
"""Makes an answer of a tag and arguments; None hangs up."""


@dataclass
class Script:
    """The server's properties. `answers` replace the correct ones, by the name of the command."""

    capabilities: str = "IMAP4rev1 SASL-IR AUTH=PLAIN ESEARCH UNSELECT LITERAL+"
    greeting: bytes = b"* OK ready\r\n"
    messages: dict[int, bytes] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    """For STARTTLS."""
    said: list[str] = field(default_factory=list)
    """Every line that clients sent."""
    connections: int = 0


class Dialogue:
    """One connection."""

    def __init__(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.script = script
        self.reader = reader
        self._writer = writer
        self._dripping: asyncio.Task[None] | None = None

    def send(self, data: bytes) -> None:
        """Send a part of an answer."""
        self._writer.write(data)

    def drip(self, data: bytes, *, every_s: float) -> None:
        """Send the data again and again until the connection ends."""

        async def dripping() -> None:
            while not self._writer.is_closing():
                self._writer.write(data)
                await self._writer.drain()
                await asyncio.sleep(every_s)

        self._dripping = asyncio.create_task(dripping())

    def end(self) -> None:
        """Stop dripping."""
        if self._dripping is not None:
            self._dripping.cancel()

    async def run(self) -> None:
        self.script.connections += 1
        self._writer.write(self.script.greeting)
        while line := await self.reader.readline():
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            self.script.said.append(text)
            tag, _, rest = text.partition(" ")
            name, _, arguments = rest.partition(" ")
            if name == "UID":
                sub, _, arguments = arguments.partition(" ")
                name = f"UID {sub}"
            answer = self.script.answers.get(name, _RIGHT.get(name, _unknown))(self, tag, arguments)
            if answer is None:
                await self._writer.drain()
                return
            self._writer.write(answer)
            await self._writer.drain()
            if name == "STARTTLS" and b" OK" in answer and self.script.tls is not None:
                await self._writer.start_tls(self.script.tls)


def _unknown(_: Dialogue, tag: str, arguments: str) -> bytes:  # noqa: ARG001 (interface)
    return f"{tag} BAD unknown\r\n".encode()


def _done(_: Dialogue, tag: str, arguments: str) -> bytes:  # noqa: ARG001 (interface)
    return f"{tag} OK done\r\n".encode()


def _capability(dialogue: Dialogue, tag: str, _: str) -> bytes:
    return f"* CAPABILITY {dialogue.script.capabilities}\r\n{tag} OK done\r\n".encode()


def _list(_: Dialogue, tag: str, arguments: str) -> bytes:  # noqa: ARG001 (interface)
    return f'* LIST (\\HasNoChildren) "/" INBOX\r\n{tag} OK done\r\n'.encode()


def _status(dialogue: Dialogue, tag: str, arguments: str) -> bytes:
    uids = dialogue.script.messages
    name = arguments.rpartition(" (")[0]
    told = f"UIDVALIDITY 7 UIDNEXT {max(uids, default=0) + 1} MESSAGES {len(uids)}"
    return f"* STATUS {name} ({told})\r\n{tag} OK done\r\n".encode("utf-8", "surrogateescape")


def _examine(dialogue: Dialogue, tag: str, _: str) -> bytes:
    count = len(dialogue.script.messages)
    return f"* {count} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{tag} OK [READ-ONLY] done\r\n".encode()


def _search(dialogue: Dialogue, tag: str, arguments: str) -> bytes:
    uids = sorted(dialogue.script.messages)
    if "RETURN" in arguments:
        found = " ALL " + ",".join(map(str, uids)) if uids else ""
        return f'* ESEARCH (TAG "{tag}") UID{found}\r\n{tag} OK done\r\n'.encode()
    return f"* SEARCH {' '.join(map(str, uids))}\r\n{tag} OK done\r\n".encode()


def _fetch(dialogue: Dialogue, tag: str, arguments: str) -> bytes:
    numbers, _, items = arguments.partition(" ")
    wanted = [int(one) for one in re.findall(r"\d+", numbers)]
    first, last = (wanted[0], wanted[-1]) if ":" in numbers else (0, -1)
    found = b""
    for uid in sorted(dialogue.script.messages):
        if uid in wanted or first <= uid <= last:
            found += fetched(uid, dialogue.script.messages[uid], items)
    return found + f"{tag} OK done\r\n".encode()


def fetched(uid: int, raw: bytes, items: str) -> bytes:
    """Return the FETCH response for a message of one plain part."""
    header, _, body = raw.partition(b"\r\n\r\n")
    pieces = [f"UID {uid}".encode()]
    if "RFC822.SIZE" in items:
        lines = body.count(b"\n")
        pieces.append(b"RFC822.SIZE %d" % len(raw))
        pieces.append(b'BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" %d %d NIL NIL NIL)' % (len(body), lines))
    for section, partial in re.findall(r"BODY\.PEEK\[([^\]]*)\](<[\d.]+>)?", items):
        content = header + b"\r\n\r\n" if section.startswith("HEADER") else body if section == "1" else raw
        mark = ""
        if partial:
            offset, octets = (int(number) for number in partial.strip("<>").split("."))
            content, mark = content[offset : offset + octets], f"<{offset}>"
        pieces.append(f"BODY[{section}]{mark} ".encode() + b"{%d}\r\n" % len(content) + content)
    return b"* %d FETCH (" % uid + b" ".join(pieces) + b")\r\n"


_RIGHT: dict[str, Answer] = {
    "CAPABILITY": _capability,
    "AUTHENTICATE": _done,
    "LOGIN": _done,
    "STARTTLS": _done,
    "ID": _done,
    "ENABLE": _done,
    "UNSELECT": _done,
    "CLOSE": _done,
    "LOGOUT": lambda _, tag, __: f"* BYE bye\r\n{tag} OK done\r\n".encode(),
    "NAMESPACE": lambda _, tag, __: f'* NAMESPACE (("" "/")) NIL NIL\r\n{tag} OK done\r\n'.encode(),
    "LIST": _list,
    "STATUS": _status,
    "EXAMINE": _examine,
    "UID SEARCH": _search,
    "UID FETCH": _fetch,
}


@dataclass(frozen=True)
class Reached:
    """A running server, and how to reach it."""

    script: Script
    mailbox: ImapMailbox
    network: Network

    async def session(self, login: Login = LOGIN) -> ImapSession:
        return await open_session(self.mailbox, self.network, login)


def server_context(authority: Authority, name: str = HOST, *, days: int = 30) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate for this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(name, days=days))
    return context


@asynccontextmanager
async def serving(
    script: Script, authority: Authority, *, tls: ssl.SSLContext | None = None, security: str = "tls"
) -> AsyncIterator[Reached]:
    """Run the scripted server on a free port, with TLS from the start unless `security` is
    "starttls"."""
    running: set[asyncio.Task[None]] = set()
    transports: list[asyncio.WriteTransport] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        dialogue = Dialogue(script, reader, writer)
        transports.append(writer.transport)
        try:
            await dialogue.run()
        except (OSError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            running.discard(task)
            writer.close()
            dialogue.end()

    context = tls or server_context(authority)
    script.tls = context
    server = await asyncio.start_server(serve, HOST, 0, ssl=context if security == "tls" else None)
    port = server.sockets[0].getsockname()[1]
    mailbox = ImapMailbox(
        host=HOST,
        port=port,
        security=security,
        username="ada",
        auth="password",
        secret="s",
    )
    network = Network(
        NetworkPolicy(frozenset({port}), allow_private=True),
        tls_context(authority.certificate.read_text("ascii")),
        MOST_BYTES,
    )
    try:
        yield Reached(script, mailbox, network)
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for transport in transports:  # a close that waits for the client's end of TLS would outlive the test
            transport.abort()
        await asyncio.sleep(0)
