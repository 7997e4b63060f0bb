"""A relay in front of a server that can be shut, as when a cable is cut."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tools.drill.tcp_proxy import TcpProxy


class Gate:
    """Relays to the host and port in `url` while it is open."""

    def __init__(self, url: str) -> None:
        address = re.search(r"(?<=@)([^/,:]+):(\d+)", url)
        assert address is not None
        self._url, self._address = url, address
        self._loop: asyncio.AbstractEventLoop | None = None
        self._relay = TcpProxy(lambda: (address[1], int(address[2])), self._on_refused)
        self.refused = asyncio.Event()
        self.shut, self.open, self.stall = self._relay.cut, self._relay.open, self._relay.stall

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Relays while the context lasts; yields the URL that leads through here."""
        self._loop = asyncio.get_running_loop()
        with self._relay.serve() as port:
            url = self._url.replace(self._address[0], f"127.0.0.1:{port}", 1)
            yield _direct(url)

    def _on_refused(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.refused.set)


def _direct(url: str) -> str:
    """A MongoDB client must not follow the address that the server gives itself past the gate."""
    if url.startswith("amqp") or "directConnection" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}directConnection=true"
