"""A TCP relay in front of a server that can be shut, as when a cable is cut.

In threads, not in asyncio: a server of the event loop that is closed while a connection arrives leaves its socket to
the garbage collector, whose warning then fails some other test.
"""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BLOCK = 65_536


class Gate:
    """Relays to the host and port in `url` while it is open."""

    def __init__(self, url: str) -> None:
        address = re.search(r"(?<=@)([^/,:]+):(\d+)", url)
        assert address is not None
        self._url, self._address = url, address
        self._open = True
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.refused = asyncio.Event()

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Relays while the context lasts; yields the URL that leads through here."""
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            url = self._url.replace(self._address[0], f"127.0.0.1:{port}", 1)
            accepting = threading.Thread(target=self._accept, args=(listener, loop))
            accepting.start()
            try:
                yield url if "directConnection" in url else f"{url}{'&' if '?' in url else '?'}directConnection=true"
            finally:
                self.shut()
                listener.shutdown(socket.SHUT_RDWR)
                accepting.join()
        self.shut()
        for thread in self._threads:
            thread.join()

    def shut(self) -> None:
        """Cut what is open and refuse what comes."""
        with self._lock:
            self._open = False
            for connection in self._sockets:
                with suppress(OSError):  # the other side may have hung up
                    connection.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Relay again."""
        with self._lock:
            self._open = True

    def _accept(self, listener: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # no longer listening
                return
            upstream = self._connect(client)
            if upstream is None:
                client.close()
                loop.call_soon_threadsafe(self.refused.set)
                continue
            relay = threading.Thread(target=self._relay, args=(client, upstream))
            self._threads.append(relay)
            relay.start()

    def _connect(self, client: socket.socket) -> socket.socket | None:
        """The other half of the connection, or None while the gate is shut."""
        with self._lock:
            if not self._open:
                return None
            upstream = socket.create_connection((self._address[1], int(self._address[2])))
            self._sockets |= {client, upstream}
            return upstream

    def _relay(self, client: socket.socket, upstream: socket.socket) -> None:
        back = threading.Thread(target=_pump, args=(upstream, client))
        back.start()
        _pump(client, upstream)
        back.join()
        with self._lock:
            self._sockets -= {client, upstream}
        client.close()
        upstream.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # either side is gone, or the gate was shut
        while data := source.recv(_BLOCK):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
