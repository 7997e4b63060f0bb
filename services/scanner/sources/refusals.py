"""Ledger reasons of messages that were not handed to the parsers."""

from typing import Final

MESSAGE_TOO_LARGE: Final = "message_too_large"
OLDER_THAN_REQUESTED: Final = "older_than_requested"
ARCHIVE_BROKEN: Final = "archive_broken"
ARCHIVE_ENCRYPTED: Final = "archive_encrypted"
ARCHIVE_TOO_LARGE: Final = "archive_too_large"
