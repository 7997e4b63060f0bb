"""The connection over a pair of sockets: the server's side is written before the client reads
it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.scanner.sources.imap.connection import Command, ImapConnection, quoted
from services.scanner.sources.imap.response_reader import ImapProtocolError

GREETING = b"* OK ready\r\n* CAPABILITY IMAP4rev1 UIDPLUS\r\nT1 OK done\r\n"


@contextmanager
def connected(answers: bytes, *, greeting: bytes = GREETING) -> Iterator[ImapConnection]:
    """Give a connection whose server has sent all its answers already and hangs up after them."""
    client, server = socket.socketpair()

    def serve() -> None:
        server.sendall(greeting + answers)
        server.shutdown(socket.SHUT_WR)
        while server.recv(4_096):
            pass

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        connection = ImapConnection(client, "localhost", tls=None, max_literal_bytes=1_000, timeout_s=10)
        yield connection
        connection.shutdown()
    finally:
        client.close()
        serving.join()
        server.close()


def test_commands_in_flight_get_their_own_results_in_any_order() -> None:
    with connected(b"T3 NO [NONEXISTENT] none\r\n* LIST () NIL a\r\nT2 OK\r\n") as connection:
        first, second = connection.run_all([Command("LIST", (b'""', b"a")), Command("EXAMINE", (b"b",))])
    assert (first.ok, first.text, [response.parts for response in first.responses]) == (True, "", [[b"() NIL a"]])
    assert (second.ok, second.text) == (False, "[NONEXISTENT] none")


def test_more_commands_than_may_be_in_flight_are_answered() -> None:
    with connected(b"".join(b"T%d OK done\r\n" % tag for tag in range(2, 32))) as connection:
        assert all(result.ok for result in connection.run_all([Command("NOOP", ())] * 30))


def test_literals_are_kept_with_the_line_before_them() -> None:
    with connected(
        b"* 3 FETCH (UID 7 BODY[1] {4}\r\n\r\n\x00x BODY[2] {0}\r\n)\r\nt2 ok done\r\n".replace(b"t2", b"T2")
    ) as c:
        result = c.run(Command("UID", (b"FETCH 7 (BODY[1] BODY[2])",)))
    assert result.responses[0].kind == "FETCH"
    assert result.responses[0].parts == [(b"3 (UID 7 BODY[1] {4}", b"\r\n\x00x"), (b" BODY[2] {0}", b""), b")"]


def test_text_for_people_has_no_literals_and_codes_are_kept_in_any_case() -> None:
    with connected(b"* OK see page {12}\r\n* ok [uidvalidity 9] x\r\nT2 OK [READ-ONLY] done\r\n") as connection:
        assert connection.run(Command("EXAMINE", (b"a",))).ok
        assert connection.response_code("UIDVALIDITY") == b"9"
        assert connection.response_code("READ-ONLY") == b""
        assert connection.response_code("UIDNEXT") is None


def test_a_dialogue_answers_each_continuation_until_the_command_ends() -> None:
    asked: list[bytes] = []

    def reply(text: bytes) -> bytes:
        asked.append(text)
        return b"x"

    with connected(b"+ first\r\n+\r\nT2 OK [CAPABILITY IMAP4rev1 ID] in\r\n") as connection:
        assert connection.run_dialogue(Command("AUTHENTICATE", (b"PLAIN",)), reply).ok
        connection.mark_logged_in()
        assert connection.capabilities == {"IMAP4REV1", "ID"}
    assert asked == [b"first", b""]


@pytest.mark.parametrize(
    "answers",
    [
        b"",
        b"T2 OK without an end",
        b"T9 OK a command that was not sent\r\n",
        b"* BYE see you\r\n",
        b"* 1 FETCH (BODY[] {1001}\r\n",
        b"* 1 FETCH (BODY[] {10}\r\nhalf",
        b"* 1 FETCH (BODY[] {" + b"9" * 5_000 + b"}\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
    ],
)
def test_what_breaks_the_protocol_is_an_error(answers: bytes) -> None:
    with connected(answers) as connection, pytest.raises(ImapProtocolError):
        connection.run(Command("NOOP", ()))


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"* BYE too many\r\n",
        b"+ hello\r\n",
        b"T1 OK x\r\n",
        b"* OK x\r\nT1 OK x\r\n",
        b"* OK x\r\n* CAPABILITY POP3\r\nT1 OK x\r\n",
    ],
)
def test_a_server_that_does_not_greet_as_an_imap_server_is_an_error(greeting: bytes) -> None:
    with pytest.raises(ImapProtocolError), connected(b"", greeting=greeting):
        pytest.fail("connected")


def test_logging_out_ends_at_bye_or_at_the_end_of_the_connection() -> None:
    for answers in (b"* BYE bye\r\n", b"T2 OK done\r\n", b""):
        with connected(answers) as connection:
            connection.log_out()


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quoted(b'a"b\\c') == b'"a\\"b\\\\c"'
