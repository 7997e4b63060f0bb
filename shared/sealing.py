"""Sealed secrets: the api seals them and only a scanner can open them (libsodium: X25519,
XSalsa20-Poly1305).

Keys are 32 bytes in base64. Several private keys may be listed, the newest first, so that a key can
be replaced while secrets sealed for the old one are still stored.
"""

import base64
import binascii
from collections.abc import Sequence

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.utils import random
from pydantic import ValidationError

from shared.errors import MailtallyError
from shared.mailboxes import MailSecret

_KEY_BYTES = 32


class InvalidKey(ValueError):
    """The text is no key of 32 bytes in base64."""


class CannotOpen(MailtallyError):
    """None of the private keys opens the sealed secret, or it holds no secret."""


class Sealer:
    """Seals secrets with the public key; cannot open them."""

    def __init__(self, public_key: str) -> None:
        self._box = SealedBox(PublicKey(_key(public_key)))

    def seal(self, secret: MailSecret) -> str:
        """Seal the secret, in base64. Sealing it again gives another text."""
        return base64.b64encode(self._box.encrypt(secret.model_dump_json(exclude_none=True).encode())).decode("ascii")


class Opener:
    """Opens secrets sealed for any of its private keys: base64, separated by commas, the newest
    first."""

    def __init__(self, private_keys: str) -> None:
        keys = [PrivateKey(key) for key in read_keys(private_keys)]
        self._boxes = [SealedBox(key) for key in keys]
        self.public_key = public_key_of(keys[0])

    def open(self, sealed: str) -> MailSecret:
        """Open a sealed secret. Raises `CannotOpen`."""
        for box in self._boxes:
            if (content := _decrypt(box, sealed)) is not None:
                try:
                    return MailSecret.model_validate_json(content)
                except ValidationError:
                    raise CannotOpen("the sealed text holds no secret") from None
        raise CannotOpen("the secret is damaged, or was sealed for a key that was removed")

    def is_newest(self, sealed: str) -> bool:
        """Return whether the newest key opens it.

        If not, it should be sealed anew before its key is removed.
        """
        return _decrypt(self._boxes[0], sealed) is not None


def new_key_pair() -> tuple[str, str]:
    """Return a new private key and its public key, in base64."""
    private = PrivateKey.generate()
    return base64.b64encode(bytes(private)).decode("ascii"), public_key_of(private)


def public_key_of(private: PrivateKey) -> str:
    """Return the public key, in base64."""
    return base64.b64encode(bytes(private.public_key)).decode("ascii")


def _decrypt(box: "SealedBox[PrivateKey]", sealed: str) -> bytes | None:
    try:
        return bytes(box.decrypt(base64.b64decode(sealed, validate=True)))
    except (binascii.Error, CryptoError, ValueError):
        return None


def read_keys(text: str) -> Sequence[bytes]:
    """Read keys separated by commas, at least one. Raises `InvalidKey`."""
    keys = [_key(part.strip()) for part in text.split(",") if part.strip()]
    if not keys:
        raise InvalidKey("no key is given")
    return keys


def new_key() -> str:
    """Return a random key, in base64."""
    return base64.b64encode(random(_KEY_BYTES)).decode("ascii")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidKey("a key must be base64") from None
    if len(key) != _KEY_BYTES:
        raise InvalidKey(f"a key must be {_KEY_BYTES} bytes in base64")
    return key
