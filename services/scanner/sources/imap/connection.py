"""One connection to a mail server, as blocking calls: the standard library's IMAP4 over a socket that it is given.

It counts what it reads, bounds what a server may send at once, keeps each untagged response whole, and lets several
commands be under way at the same time. Everything in it raises imaplib's errors or OSError; `faults` tells them apart.
"""

import imaplib
import io
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import NamedTuple

Record = bytes | tuple[bytes, bytes]
"""A line, or a line that ends in the mark of a literal together with that literal."""

_LONGEST_LINE = 16 * 1024 * 1024
"""A search without ESEARCH answers in one line: this much is two million messages."""
_ANSWERS = 3
"""Messages of the largest size that the answers to commands under way may hold together."""
_READ_AT_ONCE = 64 * 1024
_BARE_END = re.compile(rb"\A([A-Z]+\d+ (?:OK|NO|BAD))\r\n\Z")
"""The end of a command without the text that belongs there; imaplib insists on the space before it."""
_PIPELINED = 8
_KEPT_WHOLE = frozenset({"FETCH", "LIST", "STATUS", "ESEARCH", "SEARCH", "NAMESPACE"})


class Untagged(NamedTuple):
    """One untagged response: its type, and what follows, literals included."""

    kind: str
    records: list[Record]


class Answer(NamedTuple):
    """The end of a command, and the untagged responses that came before it. Not `ok`: `text` is the server's refusal,
    which may quote names and must not be logged."""

    ok: bool
    text: str
    responses: list[Untagged]


class Command(NamedTuple):
    """A command's name and its arguments, quoted already."""

    name: str
    arguments: Sequence[bytes]


class _Counted(io.RawIOBase):
    """A socket's bytes, counted while they are read."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.octets = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int | None:  # type: ignore[override]
        try:
            octets = self._sock.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        self.octets += octets
        return octets


class Wire(imaplib.IMAP4):
    """A connection whose socket is connected already; `tls` with a host name makes it safe before anything is said."""

    def __init__(
        self, sock: socket.socket, host: str, *, tls: ssl.SSLContext | None, most_bytes: int, timeout_s: float
    ) -> None:
        self._given = sock
        self._tls = tls
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s
        self._responses: list[Untagged] = []
        self._records: list[Record] = []
        self._kind = ""
        self._read_before = 0
        self._began_at = 0
        self._offered: frozenset[str] | None = None
        super().__init__(host)
        self.is_readonly = True
        self._offered = frozenset(self.capabilities)

    @property
    def octets(self) -> int:
        """Bytes read so far, inside TLS where there is TLS."""
        return self._read_before + self._counted.octets

    @property
    def logged_in(self) -> bool:
        """Whether the server takes us for logged in."""
        return self.state != "NONAUTH"

    @property
    def is_selected(self) -> bool:
        """Whether a folder is open."""
        return self.state == "SELECTED"

    @property
    def offered(self) -> frozenset[str]:
        """The server's capabilities; asked anew after a login, because they change by it."""
        if self._offered is None:
            self._get_capabilities()
            self._offered = frozenset(self.capabilities)
        return self._offered

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002 (interface)
        """Take the given socket instead of making one."""
        self.host, self.port = host, port
        self._given.settimeout(self._timeout_s)
        self._attach(self._tls.wrap_socket(self._given, server_hostname=host) if self._tls else self._given)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """STARTTLS. Raises `ssl.SSLError` if the server refuses, or says more than it may before TLS begins."""
        answer = self.run(Command("STARTTLS", ())) if not self.logged_in and "STARTTLS" in self.offered else None
        if answer is None or not answer.ok:
            raise ssl.SSLError("the server does not offer STARTTLS")
        if self._is_anything_buffered():
            raise ssl.SSLError("the server sent data before TLS that would be read as if it were safe")
        self._read_before += self._counted.octets
        self._attach(context.wrap_socket(self.sock, server_hostname=self.host))
        # All that was heard before is worth nothing: anyone could have said it.
        self._forget()
        self._offered = None

    def read(self, size: int) -> bytes:
        """A literal. Raises imaplib's abort if it is larger than anything that was asked for."""
        if size > self._most_bytes or self._is_flooded(size):
            raise self.abort("more came than anything that was asked for")
        data: bytes = self._buffer.read(size)
        if len(data) < size:
            raise self.abort("the connection ended inside a literal")
        return data

    def readline(self) -> bytes:
        """A line."""
        line: bytes = self._buffer.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE or self._is_flooded(0):
            raise self.abort("more came than anything that was asked for")
        return _BARE_END.sub(rb"\1 \r\n", line)

    def run(self, command: Command) -> Answer:
        """One command, to its end."""
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[Command]) -> list[Answer]:
        """Several commands, the next ones sent while the server is still at the first."""
        answers: list[Answer] = []
        tags: list[tuple[str, bytes]] = []
        self._forget()
        for command in commands:
            if len(tags) - len(answers) >= _PIPELINED:
                answers.append(self._ended(*tags[len(answers)]))
            tags.append((command.name, self._begun(command)))
        while len(answers) < len(tags):
            answers.append(self._ended(*tags[len(answers)]))
        return answers

    def run_dialogue(self, command: Command, reply: Callable[[bytes], bytes]) -> Answer:
        """A command that the server asks back about: `reply` gives the line for each continuation."""
        self._forget()
        self.literal = _Reply(reply).line  # type: ignore[assignment]
        return self._ended(command.name, self._begun(command))

    def now_logged_in(self) -> None:
        """After a login command of our own."""
        self.now_left()
        told = self.code("CAPABILITY")
        self._offered = None if told is None else frozenset(told.decode("ascii", "replace").upper().split())

    def now_selected(self) -> None:
        """After EXAMINE."""
        self.state = "SELECTED"

    def now_left(self) -> None:
        """After UNSELECT or CLOSE."""
        self.state = "AUTH"

    def code(self, name: str) -> bytes | None:
        """The value of a response code such as UIDNEXT that came with the last command."""
        told = self.untagged_responses.get(name, [None])[-1]
        return told if isinstance(told, bytes) else None

    def _is_flooded(self, more: int) -> bool:
        """Whether an answer takes more than the largest that is ever asked for; it is held until it ends."""
        return self.octets + more - self._began_at > _ANSWERS * self._most_bytes + _LONGEST_LINE

    def _forget(self) -> None:
        """What came unasked since the last command."""
        self._began_at = self.octets
        self._responses = []
        self.untagged_responses = {}

    def _begun(self, command: Command) -> bytes:
        tag: bytes = self._command(command.name, *command.arguments)
        return tag

    def _ended(self, name: str, tag: bytes) -> Answer:
        try:
            kind, data = self._command_complete(name, tag)
        except self.abort:
            raise
        except self.error as error:  # BAD
            kind, data = "BAD", [str(error).encode("utf-8", "replace")]
        responses, self._responses = self._responses, []
        text = (data[-1] or b"").decode("utf-8", "replace") if data else ""
        return Answer(kind == "OK", text, responses)

    def _append_untagged(self, typ: str, dat: Record) -> None:
        if typ in _KEPT_WHOLE:
            self._kind = typ
            self._records.append(dat)
        else:
            super()._append_untagged(typ, dat)  # type: ignore[misc]

    def _get_response(self) -> bytes | None:
        self._records = []
        try:
            line: bytes | None = super()._get_response()  # type: ignore[misc]
        except (ValueError, KeyError):  # such as a size of five thousand digits
            raise self.abort("an answer cannot be read") from None
        if self._records:
            self._responses.append(Untagged(self._kind, self._records))
        return line

    def _attach(self, sock: socket.socket) -> None:
        self.sock = sock
        self._counted = _Counted(sock)
        self.file = self._buffer = io.BufferedReader(self._counted, _READ_AT_ONCE)

    def _is_anything_buffered(self) -> bool:
        self.sock.setblocking(False)
        try:
            return bool(self._buffer.peek(1))
        finally:
            self.sock.settimeout(self._timeout_s)


class _Reply:
    """imaplib takes a bound method, and nothing else, for whoever answers continuations."""

    def __init__(self, reply: Callable[[bytes], bytes]) -> None:
        self._reply = reply

    def line(self, asked: bytes) -> bytes:
        """The next line to send."""
        return self._reply(asked)


def quoted(text: bytes) -> bytes:
    """A quoted string (RFC 3501); the text must have no line ends."""
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", text) + b'"'
