"""Bearer tokens and sign-in links for users.

    docker compose exec api python -m deploy.user_token NAME [--admin] [--link]

The user is created if missing. It runs in the container of the api, the only one with the key of
the tokens.
"""

import argparse
import os
import sys
from pathlib import Path

from cli.client.api import ApiClient
from cli.client.stack_connection import issue_token
from cli.client.token_auth import BearerAuth, operator_token
from cli.errors import CliError

_PUBLISHED_URL = "http://127.0.0.1:8000"
"""Where docker-compose.yml publishes the api."""


def main() -> None:
    """Print the token or the link; on failure print one sentence to standard error and exit 1."""
    arguments = argparse.ArgumentParser(prog="user_token", description="Print a bearer token for the API.")
    arguments.add_argument("name")
    arguments.add_argument("--admin", action="store_true", help="make the user an administrator")
    arguments.add_argument(
        "--link",
        metavar="URL",
        nargs="?",
        const=_PUBLISHED_URL,
        help=f"print a sign-in link instead, valid once; URL: the api as the browser reaches it ({_PUBLISHED_URL})",
    )
    parsed = arguments.parse_args()
    secret = Path(os.environ["MAILTALLY_JWT_SECRET_FILE"]).read_text(encoding="utf-8").strip()
    url = f"http://127.0.0.1:{os.environ['MAILTALLY_HTTP_PORT']}"
    try:
        with ApiClient(url, BearerAuth(lambda: operator_token(secret))) as api:
            if parsed.admin:
                api.put_user(parsed.name, admin=True)
            token = issue_token(api, parsed.name)["access_token"]
            text = token if parsed.link is None else parsed.link + api.sign_in_link(parsed.name)["path"]
            sys.stdout.write(f"{text}\n")
    except CliError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
