"""Secrets of production: files that the operator provides in place of generated secrets.

The name of a file is group and name of the secret in `passwords.json`: `rabbitmq_api`,
`mongodb_status`, `keys_jwt`. Compose puts the files of its `secrets:` into one folder
(docs/operations.md#production).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.sealing import InvalidKey, read_keys

FOLDER = Path("/run/secrets")


class InvalidSecretError(ValueError):
    """A file holds no valid secret; the message names the file and what it must hold, and quotes
    nothing."""


@dataclass(frozen=True)
class _Rule:
    """The form of a secret, and its description for people."""

    pattern: re.Pattern[str]
    description: str


_PASSWORD = _Rule(re.compile(r"[\w.~-]{16,}", re.ASCII), "at least 16 letters, digits or . _ ~ - (it stands in URLs)")
_KEY = _Rule(re.compile(r"[A-Za-z0-9+/=_-]{32,1024}"), "32 to 1024 characters of base64")
_KEYS = "keys_"
_ENCRYPTING = ("keys_seal", "keys_webhook")


def read_given(folder: Path = FOLDER) -> dict[str, str]:
    """Read file name -> secret; empty if the folder does not exist. Raises `InvalidSecretError`."""
    return {path.name: _checked(path) for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def with_given(passwords: dict[str, dict[str, str]], given: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Replace passwords by the given ones. Raises `InvalidSecretError` for an unknown name."""
    places = {f"{group}_{name}": (group, name) for group, secrets in passwords.items() for name in secrets}
    changed = {group: dict(secrets) for group, secrets in passwords.items()}
    for file, secret in given.items():
        if file not in places:
            raise InvalidSecretError(f"There is no secret {file}. Allowed names: {', '.join(places)}.")
        group, name = places[file]
        changed[group][name] = secret
    return changed


def _checked(path: Path) -> str:
    content = path.read_text(encoding="utf-8").strip()
    if path.name in _ENCRYPTING:
        try:
            read_keys(content)
        except InvalidKey as error:
            raise InvalidSecretError(
                f"{path.name} must hold keys of 32 bytes in base64, separated by commas: {error}."
            ) from None
        return content
    rule = _KEY if path.name.startswith(_KEYS) else _PASSWORD
    if not rule.pattern.fullmatch(content):
        raise InvalidSecretError(f"{path.name} must hold {rule.description}.")
    return content
