"""IMAP session in a thread of its own: blocking calls run there, under a time limit, and end when
cancelled."""

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
from services.scanner.sources.imap.error_mapping import temporary_error
from services.scanner.sources.imap.login import Login
from services.scanner.sources.imap.mailbox import Mailbox
from services.scanner.sources.imap.response_reader import ImapProtocolError
from shared.mailboxes import ImapMailbox
from shared.net.address_policy import HostNotAllowed, HostUnknown, Lookup, NetworkPolicy, look_up, resolve

# The library would log responses of servers, which quote mail.
logging.getLogger("imapclient").setLevel(logging.CRITICAL)

_CONNECT_S = 10.0
_LOGIN_S = 60.0
_SILENCE_S = 60.0
"""Longest silence of a server that has to answer."""
_OPERATION_S = 300.0
_GOODBYE_S = 5.0
_MAX_ADDRESSES = 4
_SLACK_BYTES = 1024 * 1024

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Network:
    """How mail servers are reached: the address policy, TLS and the bound on a message."""

    policy: NetworkPolicy
    tls: ssl.SSLContext
    max_bytes: int
    """Of one message; a connection that brings more at once is aborted."""
    lookup: Lookup = look_up


class ImapSession:
    """One connection and its thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # A second descriptor of the same connection: it can be shut down while the thread uses
        # the first.
        self._handle = sock.dup()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._connection: ImapConnection | None = None
        self._mailbox: Mailbox | None = None
        self.is_broken = False
        self.was_used = False
        """The bytes of the login count for the first user of the session."""

    @property
    def mailbox(self) -> Mailbox:
        """Return the mailbox, whose methods block: call them with `run`."""
        if self._mailbox is None:
            raise RuntimeError("not logged in")
        return self._mailbox

    @property
    def bytes_read(self) -> int:
        """Return the number of bytes read so far."""
        return 0 if self._mailbox is None else self._mailbox.bytes_read

    async def log_in_to(self, mailbox: ImapMailbox, network: Network, login: Login) -> None:
        """Read the greeting, start TLS and log in. Raises `PermanentFailure` or OSError."""

        def work() -> Mailbox:
            connection = self._greet(mailbox, network)
            if not connection.is_logged_in:
                log_in(connection, login)
            return Mailbox(connection)

        self._mailbox = await self._in_thread(work, _LOGIN_S)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call in the thread. Raises OSError for every fault of the connection."""
        return await self._in_thread(lambda: work(*args, **kwargs), _OPERATION_S)

    async def close(self) -> None:
        """Log out, unless the connection is broken, and close it."""
        if self._mailbox is not None and not self.is_broken:
            with suppress(OSError):
                await self._in_thread(self._mailbox.close, _GOODBYE_S)
        self.abort()

    def abort(self) -> None:
        """Close the connection at once; calls that wait for it fail. May be repeated."""
        self.is_broken = True
        if self._handle.fileno() < 0:
            return
        with suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)
        self._handle.close()
        self._thread.submit(self._close_socket)
        self._thread.shutdown(wait=False)

    def has_unread_data(self) -> bool:
        """Return whether the server sent something unasked or hung up, as before it closes a
        connection."""
        try:
            self._handle.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _greet(self, mailbox: ImapMailbox, network: Network) -> ImapConnection:
        """Open the IMAP connection under TLS. A server without TLS is refused."""
        tls = network.tls if mailbox.security == "tls" else None
        max_bytes = network.max_bytes + _SLACK_BYTES
        try:
            connection = ImapConnection(
                self._sock, mailbox.host, tls=tls, max_literal_bytes=max_bytes, timeout_s=_SILENCE_S
            )
            self._connection = connection
            if tls is None:
                connection.start_tls(network.tls)
        except ssl.SSLEOFError:
            raise  # hung up in the middle, as busy servers do
        except (ssl.SSLError, ValueError):  # the latter: a host name that no certificate can be for
            raise PermanentFailure(ErrorCode.TLS_FAILED) from None
        return connection

    def _close_socket(self) -> None:
        """Close the socket, as the last call in the thread."""
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
            self.abort()
            raise temporary_error(str(error)) from None
        except BaseException:
            self.abort()
            raise


async def open_session(mailbox: ImapMailbox, network: Network, login: Login) -> ImapSession:
    """Open a session and log in. Raises `PermanentFailure` or OSError."""
    session = ImapSession(await _connect(mailbox, network))
    try:
        await session.log_in_to(mailbox, network, login)
    except BaseException:
        session.abort()
        raise
    return session


async def _connect(mailbox: ImapMailbox, network: Network) -> socket.socket:
    """Connect to one of the addresses that the policy allows."""
    try:
        addresses = await resolve(mailbox.host, mailbox.port, network.policy, lookup=network.lookup)
    except HostNotAllowed:
        raise PermanentFailure(ErrorCode.HOST_NOT_ALLOWED) from None
    except HostUnknown:
        raise PermanentFailure(ErrorCode.HOST_UNREACHABLE) from None
    failed: OSError | None = None
    for address in addresses[:_MAX_ADDRESSES]:
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
    raise failed or ConnectionError("the host has no address")
