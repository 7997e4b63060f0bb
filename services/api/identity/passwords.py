"""Passwords as argon2id hashes (RFC 9106), computed aside: each takes tens of milliseconds and 64 MiB."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords, a few at a time, so that a flood of sign-ins costs neither memory nor the loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """The form to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Where there is none to compare with, it takes as long, to tell nothing."""
        if not self._nobodys:
            self._nobodys = await self.hash("nobody's")
        async with self._slots:
            equal = await asyncio.to_thread(self._verify, stored or self._nobodys, password)
        return equal and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
