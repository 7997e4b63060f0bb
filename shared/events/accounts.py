"""The life of a mail account beside its scans. None of these is kept in the stream: they are of use at once."""

from typing import ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.timestamps import Timestamp


class AccountEventData(EventData):
    """Base of the payloads that belong to an account."""

    account_id: str = Field(min_length=1, max_length=64)

    @property
    def event_subject(self) -> str:
        """The account's id."""
        return self.account_id


class AccountCheckRequested(AccountEventData):
    """A user waits for the answer whether the mailbox can be logged in to. From the api, confirmed; it expires soon."""

    routing_key: ClassVar[str] = "account.check_requested.v1"

    check_id: str
    user_id: str
    requested_at: Timestamp


class AccountChecked(AccountEventData):
    """A check has its result, which is stored for the api to read (`mailbox_checks`): what the mailbox holds is said
    nowhere else. From the scanner, once and without a guarantee; `code` is "ok" or the reason as in `scan.failed`."""

    routing_key: ClassVar[str] = "account.checked.v1"

    check_id: str
    code: str


class AccountSecretRotated(AccountEventData):
    """The secret of a mailbox was replaced in use. From the scanner, sealed for the scanners alone; the api stores it
    unless the account has another version than `previous_version` by then."""

    routing_key: ClassVar[str] = "account.secret_rotated.v1"

    previous_version: int = Field(ge=1)
    sealed_secret: str


class AccountDeleted(AccountEventData):
    """An account is gone for everyone; what was found in it is to go as well. From the api, after the account's mark
    is stored, again until the account's document is deleted."""

    routing_key: ClassVar[str] = "account.deleted.v1"

    user_id: str
    deleted_at: Timestamp
