"""Secrets for the containers of one machine: `python -m deploy.make_secrets`.

They are generated once at random, except those that are given as files (`deploy.given_secrets`).
Each container has its own folder (a volume in docker-compose.yml), so that none sees the secrets of
another. `operator/passwords.json` is kept; all other files are derived from it and written at every
start.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from deploy.given_secrets import InvalidSecretError, read_given, with_given
from shared.access import BROKER_USERS, OPERATOR, SERVICES, mongo_role
from shared.messaging.topology import broker_definitions
from shared.sealing import Opener, new_key, new_key_pair
from tools.stack.options import with_database_user

FOLDER = Path("/secrets")
ADMINISTRATOR = "administrator"
VHOST = "mailtally"
DATABASE = "mailtally"
REPLICA_SET = "rs0"
BROKER = "rabbitmq:5672"
MONGODB = f"mongodb://mongo:27017/?replicaSet={REPLICA_SET}"
"""The servers of docker-compose.yml."""

SERVICE_USER = 10001
"""The user of the image (deploy/Dockerfile)."""
SERVER_USER = 999
"""The user of the rabbitmq image and of the mongo image."""

Passwords = dict[str, dict[str, str]]


def new_passwords() -> Passwords:
    """Generate a password for each user of each server, and the keys."""
    return {
        "rabbitmq": {user: _new_password() for user in (ADMINISTRATOR, *BROKER_USERS)},
        "mongodb": {user: _new_password() for user in (ADMINISTRATOR, *SERVICES)},
        "keys": {
            "jwt": secrets.token_urlsafe(48),
            "replica_set": secrets.token_urlsafe(48),
            "seal": new_key_pair()[0],
            "webhook": new_key(),
        },
    }


def completed(passwords: Passwords) -> Passwords:
    """Add the secrets that an older version did not have."""
    rabbitmq = {OPERATOR: _new_password(), **passwords["rabbitmq"]}
    keys = {"webhook": new_key(), **passwords["keys"]}
    complete = {**passwords, "rabbitmq": rabbitmq, "keys": keys}
    return complete if "seal" in passwords["keys"] else with_new_seal_key(complete)


def with_new_seal_key(passwords: Passwords) -> Passwords:
    """Add a new private key before those that mailbox secrets were sealed for so far."""
    kept = passwords["keys"].get("seal")
    keys = [new_key_pair()[0], *([kept] if kept else [])]
    return {**passwords, "keys": {**passwords["keys"], "seal": ",".join(keys)}}


def with_newest_seal_key_only(passwords: Passwords) -> Passwords:
    """Remove the older private keys: what is still sealed for them can never be opened again."""
    newest = passwords["keys"]["seal"].split(",")[0]
    return {**passwords, "keys": {**passwords["keys"], "seal": newest}}


def broker_setup(passwords: Passwords) -> dict[str, Any]:
    """Return the RabbitMQ definitions with all users: loaded by the server at its start, and by
    `deploy.provision`."""
    rabbitmq = passwords["rabbitmq"]
    users = {user: rabbitmq[user] for user in BROKER_USERS}
    return broker_definitions(vhost=VHOST, users=users, administrator=(ADMINISTRATOR, rabbitmq[ADMINISTRATOR]))


def server_files(passwords: Passwords) -> dict[str, str]:
    """Return relative path -> content of the files that the two servers read."""
    return {
        "rabbitmq/definitions.json": json.dumps(broker_setup(passwords)),
        "mongo/replica_set_key": passwords["keys"]["replica_set"].replace("-", "+").replace("_", "/"),
        "mongo/root_password": passwords["mongodb"][ADMINISTRATOR],
    }


def service_files(passwords: Passwords, *, broker: str = BROKER, database: str = MONGODB) -> dict[str, str]:
    """Return relative path -> content of the files that the services read through
    MAILTALLY_..._FILE.

    `broker` is `host:port` as the services reach it, `database` any MongoDB URL of the server.
    """
    seal_keys = passwords["keys"]["seal"]
    files = {
        "api/jwt_secret": passwords["keys"]["jwt"],
        "api/seal_public_key": Opener(seal_keys).public_key,
        "api/operator_amqp_url": _amqp_url(passwords, OPERATOR, broker),
        "api/webhook_key": passwords["keys"]["webhook"],
        "scanner/seal_private_key": seal_keys,
    }
    # A process of the api that connects to hosts which users name: of the api's keys it needs only this one.
    files["webhooks/webhook_key"] = files["api/webhook_key"]
    for folder, service in (*((service, service) for service in SERVICES), ("webhooks", "api")):
        files[f"{folder}/amqp_url"] = _amqp_url(passwords, service, broker)
        files[f"{folder}/mongo_url"] = with_database_user(
            database, mongo_role(service), passwords["mongodb"][service], DATABASE
        )
    return files


def _amqp_url(passwords: Passwords, user: str, broker: str) -> str:
    return f"amqp://{user}:{passwords['rabbitmq'][user]}@{broker}/{VHOST}"


def _new_password() -> str:
    return secrets.token_urlsafe(24)


def write_all(
    folder: Path,
    *,
    change: Callable[[Passwords], Passwords] | None = None,
    service_user: int = SERVICE_USER,
    server_user: int = SERVER_USER,
) -> bool:
    """Write every file, readable by its container's user alone, and return whether the passwords
    are new.

    `change` makes new passwords from the kept ones. Secrets that an older version did not have are
    added.
    """
    kept = folder / "operator" / "passwords.json"
    is_new = not kept.exists()
    passwords = keep_passwords(kept, change=change, owner=service_user)
    for name, content in server_files(passwords).items():
        _write(folder / name, content, server_user)
    for name, content in service_files(passwords).items():
        _write(folder / name, content, service_user)
    return is_new


def keep_passwords(kept: Path, *, change: Callable[[Passwords], Passwords] | None = None, owner: int) -> Passwords:
    """Read the passwords of the file, or generate them; complete them, apply `change`, and store
    the result."""
    known: Passwords | None = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else None
    passwords = completed(known or new_passwords())
    passwords = passwords if change is None else change(passwords)
    if passwords != known:
        _write(kept, json.dumps(passwords), owner)
    return passwords


def _write(path: Path, content: str, owner: int) -> None:
    """Replace `path` atomically: a crash leaves the old file or the new one, never a part of one."""
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    os.chown(new, owner, owner)
    new.replace(path)


_CHANGES = {"add-seal-key": with_new_seal_key, "drop-old-seal-keys": with_newest_seal_key_only}


def main(arguments: Sequence[str]) -> None:
    """Make the secrets of docker-compose.yml, or change the key that seals mailbox secrets."""
    if arguments and (len(arguments) > 1 or arguments[0] not in _CHANGES):
        sys.exit(f"usage: make_secrets [{' | '.join(_CHANGES)}]")
    change = _CHANGES[arguments[0]] if arguments else None
    try:
        given = read_given()
        made = write_all(FOLDER, change=lambda known: with_given(change(known) if change else known, given))
    except InvalidSecretError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{arguments[0]}: done\n" if arguments else summary(given, is_new=made))


def summary(given: Collection[str], *, is_new: bool) -> str:
    """Return the sentence about the secrets that the operator reads at the start."""
    generated = "were generated for this machine" if is_new else "of the first start are still used"
    if not given:
        return f"Development secrets {generated}. For production provide your own: docs/operations.md#production\n"
    return f"Secrets from files: {', '.join(given)}. All others {generated}.\n"


if __name__ == "__main__":
    main(sys.argv[1:])
