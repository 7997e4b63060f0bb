"""A mailbox in a thread of its own: what blocks runs there, under a time limit, and ends when it is cancelled."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.imap.authentication import log_in
from services.scanner.sources.imap.connection import ImapConnection
from services.scanner.sources.imap.error_mapping import fault
from services.scanner.sources.imap.login import Login
from services.scanner.sources.imap.mailbox import Mailbox
from services.scanner.sources.imap.response_reader import ImapProtocolError
from shared.mailboxes import ImapMailbox
from shared.net.address_policy import HostNotAllowed, HostUnknown, Lookup, NetworkPolicy, look_up, resolve

# The library would log what servers say, and that quotes mail.
logging.getLogger("imapclient").setLevel(logging.CRITICAL)

_CONNECT_S = 10.0
_LOGIN_S = 60.0
_SILENCE_S = 60.0
"""So long may a server send nothing at all while it is waited for."""
_OPERATION_S = 300.0
_GOODBYE_S = 5.0
_MOST_ADDRESSES = 4
_SLACK_BYTES = 1024 * 1024

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Network:
    """How mail servers are reached."""

    policy: NetworkPolicy
    tls: ssl.SSLContext
    most_bytes: int
    """Of one message; a server that sends more at once is cut off."""
    lookup: Lookup = look_up


class Session:
    """One connection and its thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # The same connection under a descriptor of its own: it can be shut down whoever holds the other one.
        self._handle = sock.dup()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._connection: ImapConnection | None = None
        self._mailbox: Mailbox | None = None
        self.is_broken = False
        self.was_used = False
        """Its first user pays for the login."""

    @property
    def mailbox(self) -> Mailbox:
        """Its methods block: they are for `run`."""
        if self._mailbox is None:
            raise RuntimeError("not logged in")
        return self._mailbox

    @property
    def octets(self) -> int:
        """Bytes read so far."""
        return 0 if self._mailbox is None else self._mailbox.octets

    async def enter(self, mailbox: ImapMailbox, network: Network, login: Login) -> None:
        """Greet, make the connection safe, log in. Raises `PermanentFailure` or OSError."""

        def work() -> Mailbox:
            connection = self._greeted(mailbox, network)
            if not connection.is_logged_in:
                log_in(connection, login)
            return Mailbox(connection)

        self._mailbox = await self._in_thread(work, _LOGIN_S)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that blocks. Raises OSError for all that can go wrong with a connection."""
        return await self._in_thread(lambda: work(*args, **kwargs), _OPERATION_S)

    async def close(self) -> None:
        """Say goodbye, unless there is nobody to say it to."""
        if self._mailbox is not None and not self.is_broken:
            with suppress(OSError):
                await self._in_thread(self._mailbox.close, _GOODBYE_S)
        self.cut()

    def cut(self) -> None:
        """End the connection at once; whatever waits for it fails. Harmless to repeat."""
        self.is_broken = True
        if self._handle.fileno() < 0:
            return
        with suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)
        self._handle.close()
        self._thread.submit(self._tidy_up)
        self._thread.shutdown(wait=False)

    def has_said_something(self) -> bool:
        """Whether the server spoke while nobody asked it, as before it hangs up."""
        try:
            self._handle.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _greeted(self, mailbox: ImapMailbox, network: Network) -> ImapConnection:
        """The connection under TLS. There is no way around TLS: what does not give it is refused."""
        tls = network.tls if mailbox.security == "tls" else None
        most_bytes = network.most_bytes + _SLACK_BYTES
        try:
            connection = ImapConnection(
                self._sock, mailbox.host, tls=tls, max_literal_bytes=most_bytes, timeout_s=_SILENCE_S
            )
            self._connection = connection
            if tls is None:
                connection.start_tls(network.tls)
        except ssl.SSLEOFError:
            raise  # hung up in the middle, as busy servers do
        except (ssl.SSLError, ValueError):  # the latter: a host name that no certificate can be for
            raise PermanentFailure(ErrorCode.TLS_FAILED) from None
        return connection

    def _tidy_up(self) -> None:
        """The last thing that the thread does."""
        with suppress(OSError):
            if self._connection is None:
                self._sock.close()
            else:
                self._connection.shutdown()

    async def _in_thread(self, work: Callable[[], T], seconds: float) -> T:
        future: Future[T] = self._thread.submit(work)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(future)
        except ImapProtocolError as error:
            self.cut()
            raise fault(str(error)) from None
        except BaseException:
            self.cut()
            raise


async def opened(mailbox: ImapMailbox, network: Network, login: Login) -> Session:
    """A session that is logged in. Raises `PermanentFailure` or OSError."""
    session = Session(await _connected(mailbox, network))
    try:
        await session.enter(mailbox, network, login)
    except BaseException:
        session.cut()
        raise
    return session


async def _connected(mailbox: ImapMailbox, network: Network) -> socket.socket:
    """A connection to one of the addresses that were checked."""
    try:
        addresses = await resolve(mailbox.host, mailbox.port, network.policy, lookup=network.lookup)
    except HostNotAllowed:
        raise PermanentFailure(ErrorCode.HOST_NOT_ALLOWED) from None
    except HostUnknown:
        raise PermanentFailure(ErrorCode.HOST_UNREACHABLE) from None
    failed: OSError | None = None
    for address in addresses[:_MOST_ADDRESSES]:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(_CONNECT_S):
                await asyncio.get_running_loop().sock_connect(sock, (address, mailbox.port))
            return sock
        except OSError as error:
            sock.close()
            failed = error
        except BaseException:
            sock.close()
            raise
    raise failed or ConnectionError("no address")
