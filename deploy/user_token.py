"""`docker compose exec api python -m deploy.user_token NAME [--admin] [--link]`: prints a bearer token, or a sign-in.

The user is made if new. Runs beside the api, where the key of the tokens is; nobody else needs to know it.
"""

import argparse
import os
import sys
from pathlib import Path

from cli.client.api import ApiClient
from cli.client.stack_connection import issue_token
from cli.client.token_auth import BearerAuth, operator_token
from cli.errors import CliError

_OUTSIDE = "http://127.0.0.1:8000"
"""Where docker-compose.yml publishes the api."""


def main() -> None:
    """Print the token or the link, or one sentence on standard error and exit 1."""
    arguments = argparse.ArgumentParser(prog="user_token", description="A bearer token for the API.")
    arguments.add_argument("name")
    arguments.add_argument("--admin", action="store_true", help="make the user an administrator")
    arguments.add_argument(
        "--link",
        metavar="URL",
        nargs="?",
        const=_OUTSIDE,
        help=f"print an address instead that signs a browser in, once; URL: where the api is for it ({_OUTSIDE})",
    )
    wanted = arguments.parse_args()
    secret = Path(os.environ["MAILTALLY_JWT_SECRET_FILE"]).read_text(encoding="utf-8").strip()
    url = f"http://127.0.0.1:{os.environ['MAILTALLY_HTTP_PORT']}"
    try:
        with ApiClient(url, BearerAuth(lambda: operator_token(secret))) as api:
            if wanted.admin:
                api.put_user(wanted.name, admin=True)
            token = issue_token(api, wanted.name)["access_token"]
            said = token if wanted.link is None else wanted.link + api.sign_in_link(wanted.name)["path"]
            sys.stdout.write(f"{said}\n")
    except CliError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
