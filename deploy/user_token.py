"""`docker compose exec api python -m deploy.user_token NAME [--admin]`: prints a bearer token, making the user if new.

Runs beside the api, where the key of the tokens is; nobody else needs to know it.
"""

import argparse
import os
import sys
from pathlib import Path

from cli.api import Api
from cli.auth import Bearer, operator_token
from cli.errors import CliError


def main() -> None:
    """Print the token, or one sentence on standard error and exit 1."""
    arguments = argparse.ArgumentParser(prog="user_token", description="A bearer token for the API.")
    arguments.add_argument("name")
    arguments.add_argument("--admin", action="store_true", help="make the user an administrator")
    wanted = arguments.parse_args()
    secret = Path(os.environ["MAILTALLY_JWT_SECRET_FILE"]).read_text(encoding="utf-8").strip()
    url = f"http://127.0.0.1:{os.environ['MAILTALLY_HTTP_PORT']}"
    try:
        with Api(url, Bearer(lambda: operator_token(secret))) as api:
            api.put_user(wanted.name, admin=wanted.admin)
            sys.stdout.write(f"{api.token(wanted.name)['access_token']}\n")
    except CliError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
