"""Signatures of Standard Webhooks 1.0, and the encryption of the secrets that make them.

A signing secret must be readable to sign with, so it cannot be hashed. It is encrypted with a key
of the operator (XChaCha20-Poly1305) and bound to its webhook, so that whoever can write to the
database cannot move it to another webhook.
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from shared.sealing import CannotOpen, read_keys

_PREFIX = "whsec_"
_SECRET_BYTES = 32


class SecretCipher:
    """Encrypts signing secrets with its newest key and decrypts them with any.

    Keys are 32 bytes in base64, separated by commas, newest first.
    """

    def __init__(self, keys: str) -> None:
        self._boxes = [Aead(key) for key in read_keys(keys)]

    def seal(self, webhook_id: str, secret: bytes) -> bytes:
        """Return the secret of this webhook, encrypted."""
        return bytes(self._boxes[0].encrypt(secret, aad=webhook_id.encode()))

    def open(self, webhook_id: str, sealed: bytes) -> bytes:
        """Return the decrypted secret. Raises `CannotOpen`."""
        for box in self._boxes:
            try:
                return box.decrypt(sealed, aad=webhook_id.encode())
            except CryptoError:
                continue
        raise CannotOpen("the secret of a webhook is damaged, or its key is no longer configured")


def new_secret() -> bytes:
    """Return 256 random bits; the standard requires 192 to 512."""
    return secrets.token_bytes(_SECRET_BYTES)


def printable_secret(secret: bytes) -> str:
    """Return a secret in the form that its owner sees and that receivers' libraries accept."""
    return _PREFIX + base64.b64encode(secret).decode("ascii")


def signature_headers(keys: Sequence[bytes], event_id: str, at: dt.datetime, body: bytes) -> dict[str, str]:
    """Return the three headers of the standard, with one signature for each key."""
    timestamp = int(at.timestamp())
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii") for key in keys)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
