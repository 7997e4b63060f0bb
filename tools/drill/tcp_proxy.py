"""A TCP proxy in front of a server. It can be cut, like a cable, or stalled, like a network that
loses packets.

It uses threads instead of asyncio: a server of the event loop that is closed while a connection
arrives leaves its socket to the garbage collector, whose warning then fails some test.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_BLOCK = 65_536
_CONNECT_SECONDS = 5.0

Address = tuple[str, int]


class TcpProxy:
    """Forwards to `upstream`, which is called for each connection; `on_refused` is called when one
    is refused."""

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
        """Forward while the context lasts; yields the proxy's port on 127.0.0.1."""
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
        """Close open connections and refuse new ones."""
        with self._lock:
            self._is_open = False
            for connection in self._sockets:
                with suppress(OSError):  # the other side may have closed it
                    connection.shutdown(socket.SHUT_RDWR)
        self._flowing.set()

    def stall(self) -> None:
        """Forward nothing, and close nothing."""
        self._flowing.clear()

    def open(self) -> None:
        """Forward again."""
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
            thread = threading.Thread(target=self._forward, args=(client, upstream), daemon=True)
            self._threads.add(thread)
            thread.start()

    def _connect(self, client: socket.socket) -> socket.socket | None:
        """Open the other half of the connection; None while the proxy is cut or the server
        unavailable."""
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

    def _forward(self, client: socket.socket, upstream: socket.socket) -> None:
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
        with suppress(OSError):  # either side was closed, or the proxy was cut
            while True:
                data = source.recv(_BLOCK)
                self._flowing.wait()
                if not data:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
