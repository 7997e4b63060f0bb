"""The stack's passwords and keys: files that only their owner can read, made at the first start."""

import secrets
from pathlib import Path

from cli.stack.files import write_private

ADMINISTRATOR = "administrator"
"""The user of both servers that may do everything."""


class Secrets:
    """Named secrets in a folder; asking for one that is not there makes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, name: str) -> Path:
        """The file of a secret: 43 characters of 256 random bits."""
        path = self._folder / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path

    def __getitem__(self, name: str) -> str:
        """The secret of this name."""
        return self.file(name).read_text(encoding="utf-8")
