"""`python -m deploy.healthcheck`: exit 0 when the service in this container answers /readyz with 200.

The image has no curl. The standard library alone is imported, since this runs every few seconds.
"""

import http.client
import os
import sys

_TIMEOUT_SECONDS = 4.0


def is_ready(port: int) -> bool:
    """Whether broker, database and the service's own work are fine; no answer within 4 s is a no."""
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
