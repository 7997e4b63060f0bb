"""Passwords as argon2id hashes (RFC 9106), computed in threads: each takes tens of milliseconds and
64 MiB."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords, a few at a time, so that a flood of sign-ins costs neither
    memory nor the loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._dummy_hash = ""

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Return whether the password is right, in the same time for users without one, to reveal
        nothing."""
        if not self._dummy_hash:
            self._dummy_hash = await self.hash("no password")
        async with self._slots:
            equal = await asyncio.to_thread(self._verify, stored or self._dummy_hash, password)
        return equal and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Return whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
