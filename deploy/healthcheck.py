"""Health check of a container: `python -m deploy.healthcheck` exits with 0 when /readyz answers
200.

The image has no curl. Only the standard library is imported, since this runs every few seconds.
"""

import http.client
import os
import sys

_TIMEOUT_SECONDS = 4.0


def is_ready(port: int) -> bool:
    """Return whether the service is ready; no response within 4 s means that it is not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(os.environ["MAILTALLY_HTTP_PORT"])) else 1)
