"""The key pair that a test's api seals mailbox secrets with, and its scanner opens them: always the same one."""

import base64

from shared.sealing import Opener

PRIVATE_KEY = base64.b64encode(bytes(range(32))).decode("ascii")
PUBLIC_KEY = Opener(PRIVATE_KEY).public_key
WEBHOOK_KEY = base64.b64encode(bytes(range(32, 64))).decode("ascii")
