"""The stack's passwords and keys: files that only their owner can read, made at the first start."""

import secrets
from pathlib import Path

from shared.sealing import InvalidKey, Opener, new_key, new_key_pair
from tools.stack.errors import StackError
from tools.stack.files import write_private

ADMINISTRATOR = "administrator"
"""The user with all permissions on both servers."""


class Secrets:
    """Named secrets in a folder; a missing one is created on access."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, name: str) -> Path:
        """Return the file of a secret: 43 characters of 256 random bits."""
        path = self._folder / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path

    def seal_keys(self) -> tuple[Path, Path]:
        """Return the files of the private and the public key that encrypt mailbox secrets.

            The private file may list several keys, the newest first; the public key is always that
        of the newest.
        """
        private, public = self._folder / "seal-private-key", self._folder / "seal-public-key"
        if not private.exists():
            write_private(private, new_key_pair()[0])
        newest = public_key(private.read_text(encoding="utf-8"))
        if not public.exists() or public.read_text(encoding="utf-8") != newest:
            write_private(public, newest)
        return private, public

    def webhook_key(self) -> Path:
        """Return the file of the key that encrypts the signing secrets of webhooks."""
        path = self._folder / "webhook-key"
        if not path.exists():
            write_private(path, new_key())
        return path

    def __getitem__(self, name: str) -> str:
        """Return the secret of this name."""
        return self.file(name).read_text(encoding="utf-8")


def public_key(private_keys: str) -> str:
    """Return the public half of the newest of these keys. Raises `StackError`."""
    try:
        return Opener(private_keys.strip()).public_key
    except InvalidKey as error:
        raise StackError(f"MAILTALLY_SEAL_PRIVATE_KEY: {error}.") from None
