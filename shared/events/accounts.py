"""Events of a mail account apart from its scans. None of them is kept in the event log."""

from typing import ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.timestamps import Timestamp


class AccountEventData(EventData):
    """Base of the payloads that belong to an account."""

    account_id: str = Field(min_length=1, max_length=64)

    @property
    def event_subject(self) -> str:
        """Return the account's id."""
        return self.account_id


class AccountCheckRequested(AccountEventData):
    """A user has requested a connection test and waits for its result. From the api, confirmed; expires after 15 s."""

    routing_key: ClassVar[str] = "account.check_requested.v1"

    check_id: str
    user_id: str
    requested_at: Timestamp


class AccountChecked(AccountEventData):
    """The result of a connection test is stored in `mailbox_checks`, where the api reads it. From the scanner, once and
    without a guarantee. `code` is "ok" or an error code as in `scan.failed`; nothing about the mail is in it."""

    routing_key: ClassVar[str] = "account.checked.v1"

    check_id: str
    code: str


class AccountSecretRotated(AccountEventData):
    """A scanner has replaced the secret of a mailbox. From the scanner, sealed for scanners alone; the api stores it
    if the account still has the version `previous_version`."""

    routing_key: ClassVar[str] = "account.secret_rotated.v1"

    previous_version: int = Field(ge=1)
    sealed_secret: str


class AccountDeleted(AccountEventData):
    """An account was deleted, and the scanner must erase what it found in it. From the api, after the account is
    marked as deleted, and again until its document is removed."""

    routing_key: ClassVar[str] = "account.deleted.v1"

    user_id: str
    deleted_at: Timestamp
