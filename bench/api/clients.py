"""Client process for many event streams, as cheap as possible, because the server is what is
measured.

`python bench/api/clients.py URL EXPECTED` reads a JSON list of [path, headers], one a client, says
`open` when all are connected, and at the end gives a JSON list of [change, moment] for each change
that each client saw, which shall be EXPECTED. Moments are those of the machine's monotonic clock.
"""

import json
import re
import select
import socket
import sys
import time
from urllib.parse import urlsplit

OPEN = "open"
WORD = "change"
_CHANGE = re.compile(rb'"current_status":"change (\d+);"')
_BYTES = 8_192
_SILENCE_SECONDS = 60.0


def main(url: str, expected: int) -> None:
    """Follow until every client has seen every change."""
    at = urlsplit(url)
    epoll = select.epoll()
    clients: dict[int, socket.socket] = {}
    for path, headers in json.loads(sys.stdin.readline()):
        request = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n"
        request += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        client = socket.create_connection((at.hostname or "", at.port or 80), timeout=_SILENCE_SECONDS)
        client.sendall(request.encode())
        first = b""
        while b"event: task" not in first:
            first += client.recv(_BYTES)
        client.setblocking(False)
        epoll.register(client, select.EPOLLIN)
        clients[client.fileno()] = client
    print(OPEN, flush=True)
    print(json.dumps(_follow(epoll, clients, expected)), flush=True)


def _follow(epoll: select.epoll, clients: dict[int, socket.socket], expected: int) -> list[tuple[int, float]]:
    """Return what all clients saw.

    While others wait to be read only the moment is taken; the text is parsed in pauses.
    """
    seen: list[tuple[int, float]] = []
    unread: list[tuple[bytes, float]] = []
    while len(seen) < expected:
        ready = epoll.poll(0 if unread else _SILENCE_SECONDS)
        if not ready and not unread:
            break
        for number, _ in ready:
            data = clients[number].recv(_BYTES)
            unread.append((data, time.perf_counter()))
        if not ready:
            seen += [(int(change), moment) for data, moment in unread for change in _CHANGE.findall(data)]
            if not all(data for data, _ in unread):
                raise RuntimeError("a stream ended")
            unread = []
    return seen


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
