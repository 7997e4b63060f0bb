"""Signatures as Standard Webhooks 1.0 has them, and the secrets that make them, encrypted while they are stored.

A signing secret must be readable to sign with, so it cannot be hashed: it is encrypted with a key of the operator's
(XChaCha20-Poly1305), bound to its webhook, so that nobody who writes to the database can move it to another.
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


class SecretKeeper:
    """Encrypts signing secrets with the newest of its keys (32 bytes in base64, separated by commas, the newest first)
    and decrypts them with any."""

    def __init__(self, keys: str) -> None:
        self._boxes = [Aead(key) for key in read_keys(keys)]

    def seal(self, webhook_id: str, secret: bytes) -> bytes:
        """The secret of this webhook, encrypted."""
        return bytes(self._boxes[0].encrypt(secret, aad=webhook_id.encode()))

    def open(self, webhook_id: str, sealed: bytes) -> bytes:
        """The secret again. Raises `CannotOpen`."""
        for box in self._boxes:
            try:
                return box.decrypt(sealed, aad=webhook_id.encode())
            except CryptoError:
                continue
        raise CannotOpen("a webhook's secret was encrypted with a key that is not there any more, or is damaged")


def new_secret() -> bytes:
    """256 random bits; the standard asks for 192 to 512."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown(secret: bytes) -> str:
    """As its owner sees a secret, and libraries for receivers take it."""
    return _PREFIX + base64.b64encode(secret).decode("ascii")


def signature_headers(keys: Sequence[bytes], event_id: str, at: dt.datetime, body: bytes) -> dict[str, str]:
    """The three headers of the standard, with one signature for each key."""
    timestamp = int(at.timestamp())
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii") for key in keys)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
