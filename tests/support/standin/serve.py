"""A process with the health endpoints of a service."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 (the library's names)
        return


def serve() -> None:
    """Answer 200 to everything, at the address that a service would be given."""
    address = os.environ["MAILTALLY_HTTP_HOST"], int(os.environ["MAILTALLY_HTTP_PORT"])
    ThreadingHTTPServer(address, _Ready).serve_forever()
