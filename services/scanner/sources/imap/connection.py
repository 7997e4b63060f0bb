"""IMAP connection over a given socket, as blocking calls: tagged commands, pipelining, dialogues
and STARTTLS.

Everything in it raises `ImapProtocolError` or OSError; `error_mapping` tells the cases apart.
Response lines are kept as they came; `responses` parses them.
"""

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import NamedTuple

from services.scanner.sources.imap.response_reader import (
    STATUS_KINDS,
    Continuation,
    ImapProtocolError,
    ResponseReader,
    TaggedResponse,
    UntaggedResponse,
)

_MAX_IN_FLIGHT = 8
_KEPT_KINDS = frozenset({"FETCH", "LIST", "STATUS", "ESEARCH", "SEARCH", "NAMESPACE"})
_RESPONSE_CODE = re.compile(rb"\[([A-Z-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
_VERSIONS = frozenset({"IMAP4REV1", "IMAP4"})


class Command(NamedTuple):
    """A command's name, and its arguments as they go on the wire."""

    name: str
    arguments: Sequence[bytes]


class CommandResult(NamedTuple):
    """The end of a command, and the untagged responses before it.

    If it is not `ok`, `text` is the server's refusal, which may quote names and must not be logged.
    """

    ok: bool
    text: str
    responses: list[UntaggedResponse]


class _State(Enum):
    """The states of a connection (RFC 3501, section 3)."""

    NOT_AUTHENTICATED = auto()
    AUTHENTICATED = auto()
    SELECTED = auto()


class ImapConnection:
    """A connection to a mail server.

    The socket is connected already; `tls` makes it safe before anything is sent.
    """

    def __init__(
        self, sock: socket.socket, host: str, *, tls: ssl.SSLContext | None, max_literal_bytes: int, timeout_s: float
    ) -> None:
        self._host = host
        self._timeout_s = timeout_s
        self._max_literal_bytes = max_literal_bytes
        self._state = _State.NOT_AUTHENTICATED
        self._capabilities: frozenset[str] | None = None
        self._last_tag = 0
        self._in_flight: set[bytes] = set()
        self._completed: dict[bytes, TaggedResponse] = {}
        self._responses: list[UntaggedResponse] = []
        self._codes: dict[str, bytes] = {}
        sock.settimeout(timeout_s)
        self._sock = tls.wrap_socket(sock, server_hostname=host) if tls else sock
        self._reader = ResponseReader(self._sock, max_literal_bytes=max_literal_bytes)
        try:
            self._read_greeting()
            if not _VERSIONS & self.capabilities:
                raise ImapProtocolError("the server does not speak IMAP4rev1")
        except BaseException:
            with suppress(OSError):
                self.shutdown()
            raise

    @property
    def bytes_read(self) -> int:
        """Return the number of bytes read so far, inside TLS where there is TLS."""
        return self._reader.bytes_read

    @property
    def is_logged_in(self) -> bool:
        """Return whether the server takes the client for logged in."""
        return self._state is not _State.NOT_AUTHENTICATED

    @property
    def is_selected(self) -> bool:
        """Return whether a folder is open."""
        return self._state is _State.SELECTED

    @property
    def capabilities(self) -> frozenset[str]:
        """Return the server's capabilities in upper case; asks for them when a login or TLS may
        have changed them."""
        if self._capabilities is None:
            self.run(Command("CAPABILITY", ()))
            listed = self.response_code("CAPABILITY")
            if listed is None:
                raise ImapProtocolError("the server does not tell its capabilities")
            self._capabilities = _capabilities(listed)
        return self._capabilities

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Start TLS by STARTTLS.

        Raises `ssl.SSLError` if the server refuses, or sends data before TLS begins.
        """
        is_offered = not self.is_logged_in and "STARTTLS" in self.capabilities
        if not is_offered or not self.run(Command("STARTTLS", ())).ok:
            raise ssl.SSLError("the server does not offer STARTTLS")
        if self._has_buffered():
            raise ssl.SSLError("the server sent data before TLS that would be read as if it were safe")
        self._sock = context.wrap_socket(self._sock, server_hostname=self._host)
        self._reader = ResponseReader(
            self._sock, max_literal_bytes=self._max_literal_bytes, bytes_read=self._reader.bytes_read
        )
        # Whatever came before TLS may come from anybody on the way.
        self._begin_exchange()
        self._capabilities = None

    def run(self, command: Command) -> CommandResult:
        """Run one command to its end."""
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[Command]) -> list[CommandResult]:
        """Run several commands; the next ones are sent while the server still works on the
        first."""
        results: list[CommandResult] = []
        tags: list[bytes] = []
        self._begin_exchange()
        for command in commands:
            if len(tags) - len(results) >= _MAX_IN_FLIGHT:
                results.append(self._result(tags[len(results)]))
            tags.append(self._send(command))
        while len(results) < len(tags):
            results.append(self._result(tags[len(results)]))
        return results

    def run_dialogue(self, command: Command, reply: Callable[[bytes], bytes]) -> CommandResult:
        """Run a command that the server asks back about; `reply` gives the line for each
        continuation."""
        self._begin_exchange()
        tag = self._send(command)
        while tag not in self._completed:
            continuation = self._receive()
            if continuation is not None:
                self._send_line(reply(continuation.text))
        return self._result(tag)

    def log_out(self) -> None:
        """Send LOGOUT and wait for the server's end. Raises OSError only."""
        with suppress(ImapProtocolError):  # BYE
            self.run(Command("LOGOUT", ()))

    def shutdown(self) -> None:
        """Close the connection at once."""
        self._reader.close()
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        finally:
            self._sock.close()

    def mark_logged_in(self) -> None:
        """Note that a login command succeeded; its response may list the capabilities."""
        self._state = _State.AUTHENTICATED
        listed = self.response_code("CAPABILITY")
        self._capabilities = None if listed is None else _capabilities(listed)

    def mark_selected(self) -> None:
        """Note that EXAMINE succeeded."""
        self._state = _State.SELECTED

    def mark_unselected(self) -> None:
        """Note that no folder is open any more, as after UNSELECT or CLOSE."""
        self._state = _State.AUTHENTICATED

    def response_code(self, name: str) -> bytes | None:
        """Return the value of a response code such as UIDNEXT that came with the last command; None
        if none did."""
        return self._codes.get(name)

    def _read_greeting(self) -> None:
        greeting = self._reader.read()
        if not isinstance(greeting, UntaggedResponse) or greeting.kind not in ("OK", "PREAUTH"):
            raise ImapProtocolError(f"unexpected greeting: {greeting}")
        if greeting.kind == "PREAUTH":
            self._state = _State.AUTHENTICATED

    def _begin_exchange(self) -> None:
        """Forget what came unasked since the last command."""
        self._reader.begin_exchange()
        self._responses = []
        self._codes = {}

    def _send(self, command: Command) -> bytes:
        self._last_tag += 1
        tag = b"T%d" % self._last_tag
        self._in_flight.add(tag)
        self._send_line(b" ".join((tag, command.name.encode("ascii"), *command.arguments)))
        return tag

    def _send_line(self, line: bytes) -> None:
        try:
            self._sock.sendall(line + b"\r\n")
        except OSError as error:
            raise ImapProtocolError(f"the connection ended: {error}") from error

    def _result(self, tag: bytes) -> CommandResult:
        while tag not in self._completed:
            self._receive()
        completed = self._completed.pop(tag)
        responses, self._responses = self._responses, []
        return CommandResult(completed.status == "OK", completed.text.decode("utf-8", "replace"), responses)

    def _receive(self) -> Continuation | None:
        """Read a response and keep what matters of it; a continuation is the caller's."""
        response = self._reader.read()
        if isinstance(response, Continuation):
            return response
        if isinstance(response, TaggedResponse):
            if response.tag not in self._in_flight:
                raise ImapProtocolError("the server answered a command that was not sent")
            self._in_flight.remove(response.tag)
            self._completed[response.tag] = response
            self._keep_code(response.text)
        elif response.kind in STATUS_KINDS:
            text = b"".join(part for part in response.parts if isinstance(part, bytes))
            if response.kind == "BYE":
                raise ImapProtocolError(text.decode("utf-8", "replace"))
            self._keep_code(text)
        elif response.kind in _KEPT_KINDS:
            self._responses.append(response)
        elif response.kind == "CAPABILITY" and isinstance(response.parts[0], bytes):
            self._codes["CAPABILITY"] = response.parts[0]
        return None

    def _keep_code(self, text: bytes) -> None:
        if code := _RESPONSE_CODE.match(text):
            self._codes[code[1].decode("ascii").upper()] = code[2] or b""

    def _has_buffered(self) -> bool:
        self._sock.setblocking(False)
        try:
            return self._reader.has_buffered()
        finally:
            self._sock.settimeout(self._timeout_s)


def _capabilities(listed: bytes) -> frozenset[str]:
    return frozenset(listed.decode("ascii", "replace").upper().split())


def quoted(text: bytes) -> bytes:
    """Return a quoted string (RFC 3501); the text must have no line ends."""
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", text) + b'"'
