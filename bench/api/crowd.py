"""Many clients of event streams in a process of their own, as cheap as can be: what is measured is the server.

`python bench/api/crowd.py URL EXPECTED` reads a JSON list of [path, headers], one a client, says `open` when all are
in, and at the end gives a JSON list of [change, moment] for each change that each client saw, which shall be EXPECTED.
Moments are those of the machine's monotonic clock.
"""

import json
import re
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

OPEN = "open"
WORD = "change"
_CHANGE = re.compile(rb'"current_status":"change (\d+);"')
_BYTES = 65_536
_SILENCE_SECONDS = 60.0


def main(url: str, expected: int) -> None:
    """Follow until every client has seen every change."""
    at = urlsplit(url)
    selector = selectors.DefaultSelector()
    for path, headers in json.loads(sys.stdin.readline()):
        request = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n"
        request += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        client = socket.create_connection((at.hostname or "", at.port or 80), timeout=_SILENCE_SECONDS)
        client.sendall(request.encode())
        first = b""
        while b"event: task" not in first:
            first += client.recv(_BYTES)
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    print(OPEN, flush=True)
    seen: list[tuple[int, float]] = []
    while len(seen) < expected:
        ready = selector.select(_SILENCE_SECONDS)
        if not ready:
            break
        for key, _ in ready:
            data = key.fileobj.recv(_BYTES)  # type: ignore[union-attr]
            moment = time.perf_counter()
            if not data:
                raise RuntimeError("a stream ended")
            seen += [(int(number), moment) for number in _CHANGE.findall(data)]
    print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
