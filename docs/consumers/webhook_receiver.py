"""Keeps each event that is posted to a webhook once. Needs nothing but Python.

MAILTALLY_WEBHOOK_SECRET=whsec_... python webhook_receiver.py events.sqlite3 8080
It speaks plain HTTP: put it behind the server that ends TLS for you.
"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["MAILTALLY_WEBHOOK_SECRET"].removeprefix("whsec_"))
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, body BLOB)")


def is_genuine(event_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """Sent by who has the secret, unchanged, within the last five minutes."""
    expected = hmac.digest(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256)
    wanted = b"v1," + base64.b64encode(expected)
    is_signed = any(hmac.compare_digest(wanted, each) for each in signatures.encode().split(b" "))
    return is_signed and abs(time.time() - int(timestamp)) < 300


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event_id, *others = (self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        if not is_genuine(event_id, *others, body):
            self.send_error(401)
            return
        row = (event_id, json.loads(body)["type"], body)
        done = store.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", row)  # the same again: no effect
        self.send_response(204)  # only now: it is stored
        self.end_headers()
        print("kept" if done.rowcount else "known", event_id, flush=True)

    def log_message(self, *_: object) -> None:
        """Addresses may hold secrets."""


server = HTTPServer(("127.0.0.1", int(sys.argv[2])), Receiver)
print("ready", server.server_port, flush=True)
server.serve_forever()
