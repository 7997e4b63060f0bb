"""The key pair that a test's api seals mailbox secrets with, and its scanner opens them."""

from shared.sealing import new_key_pair

PRIVATE_KEY, PUBLIC_KEY = new_key_pair()
