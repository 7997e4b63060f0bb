"""A TCP relay in front of a server that can be shut, as when a cable is cut, or stalled, as when packets get lost.

In threads, not in asyncio: a server of the event loop that is closed while a connection arrives leaves its socket to
the garbage collector, whose warning then fails some test.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_BLOCK = 65_536
_CONNECT_SECONDS = 5.0

Address = tuple[str, int]


class TcpProxy:
    """Relays to `upstream`, which is asked for at each connection; `on_refused` is called when one is not taken."""

    def __init__(self, upstream: Callable[[], Address], on_refused: Callable[[], None] = lambda: None) -> None:
        self._upstream = upstream
        self._on_refused = on_refused
        self._is_open = True
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()

    @contextmanager
    def serve(self) -> Iterator[int]:
        """Relays while the context lasts; yields the port on 127.0.0.1 that leads through here."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            accepting.start()
            try:
                yield listener.getsockname()[1]
            finally:
                self.cut()
                listener.shutdown(socket.SHUT_RDWR)
                accepting.join()
        self.cut()
        for thread in tuple(self._threads):
            thread.join()

    def cut(self) -> None:
        """Cut what is open and refuse what comes."""
        with self._lock:
            self._is_open = False
            for connection in self._sockets:
                with suppress(OSError):  # the other side may have hung up
                    connection.shutdown(socket.SHUT_RDWR)
        self._flowing.set()

    def stall(self) -> None:
        """Let nothing through, and close nothing."""
        self._flowing.clear()

    def open(self) -> None:
        """Relay again."""
        with self._lock:
            self._is_open = True
        self._flowing.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # no longer listening
                return
            upstream = self._connect(client)
            if upstream is None:
                client.close()
                self._on_refused()
                continue
            proxy = threading.Thread(target=self._relay, args=(client, upstream), daemon=True)
            self._threads.add(proxy)
            proxy.start()

    def _connect(self, client: socket.socket) -> socket.socket | None:
        """The other half of the connection, or None while the relay is shut or the server away."""
        with self._lock:
            if not self._is_open:
                return None
            try:
                upstream = socket.create_connection(self._upstream(), timeout=_CONNECT_SECONDS)
            except OSError:
                return None
            upstream.settimeout(None)
            self._sockets |= {client, upstream}
            return upstream

    def _relay(self, client: socket.socket, upstream: socket.socket) -> None:
        back = threading.Thread(target=self._pump, args=(upstream, client), daemon=True)
        back.start()
        self._pump(client, upstream)
        back.join()
        with self._lock:
            self._sockets -= {client, upstream}
        client.close()
        upstream.close()
        self._threads.discard(threading.current_thread())

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # either side is gone, or the relay was shut
            while True:
                data = source.recv(_BLOCK)
                self._flowing.wait()
                if not data:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
