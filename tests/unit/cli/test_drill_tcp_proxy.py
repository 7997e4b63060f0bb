"""A relay that passes everything on, nothing, or is not there."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.waiting import SECONDS
from tools.drill.tcp_proxy import TcpProxy


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it is sent, to one client at a time."""

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                while data := client.recv(1024):
                    client.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def test_what_is_sent_comes_back_until_the_relay_is_shut_and_again_after(echo: int) -> None:
    refused = threading.Event()
    proxy = TcpProxy(lambda: ("127.0.0.1", echo), refused.set)
    with proxy.serve() as port:
        with connect(port) as client:
            client.sendall(b"one")
            assert client.recv(10) == b"one"
            proxy.cut()
            assert client.recv(10) == b""
        with connect(port) as client:
            assert client.recv(10) == b""
        assert refused.wait(SECONDS)
        proxy.open()
        with connect(port) as client:
            client.sendall(b"two")
            assert client.recv(10) == b"two"


def test_a_stalled_relay_closes_nothing_and_delivers_late(echo: int) -> None:
    proxy = TcpProxy(lambda: ("127.0.0.1", echo))
    with proxy.serve() as port, connect(port) as client:
        client.sendall(b"one")
        assert client.recv(10) == b"one"
        proxy.stall()
        client.sendall(b"two")
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(10)
        client.settimeout(SECONDS)
        proxy.open()
        assert client.recv(10) == b"two"


def test_a_server_that_is_away_is_a_connection_that_is_closed() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # nobody else gets the port, and nobody listens
        with TcpProxy(nobody.getsockname).serve() as port, connect(port) as client:
            assert client.recv(10) == b""
