"""Error codes: why a scan or a connection check failed, in words, and what to do about it.

The only table of these words. The scanner and the status service publish the sentences, the api and
the command line show them, pages add the button, and docs/operations.md lists them for operators.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Target = Literal["scan", "edit", "upload", ""]
"""Where a button leads: another scan, the settings of the mailbox, its upload, or nowhere."""


class ErrorCode(StrEnum):
    """Value of `error_code` in `scan.failed.v1` and in tasks, and of `code` in a failed check."""

    MAILBOX_MISSING = "mailbox_missing"
    ACCOUNT_DELETED = "account_deleted"
    MAILBOX_UNREADABLE = "mailbox_unreadable"
    MAILBOX_UNAVAILABLE = "mailbox_unavailable"
    HOST_UNREACHABLE = "host_unreachable"
    HOST_NOT_ALLOWED = "host_not_allowed"
    TLS_FAILED = "tls_failed"
    LOGIN_REFUSED = "login_refused"
    FOLDER_MISSING = "folder_missing"
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 (a code)
    SLICE_CRASHED = "slice_crashed"
    STALLED = "stalled"


@dataclass(frozen=True)
class ErrorText:
    """The words for one error code: two sentences, and the button of a page."""

    cause: str
    remedy: str
    is_permanent: bool
    """Whether another scan fails in the same way until somebody changes something."""
    button: str = "Scan again"
    target: Target = "scan"

    @property
    def sentence(self) -> str:
        """Return cause and remedy, as `error` of a task and `detail` of a check say them."""
        return f"{self.cause} {self.remedy}"


_LOGIN_REFUSED = "The mail server refused the login."
_SECRET_UNREADABLE = "The stored login cannot be read any more."  # noqa: S105 (a sentence)

ERROR_TEXTS: Mapping[ErrorCode, ErrorText] = {
    ErrorCode.MAILBOX_MISSING: ErrorText(
        "This mailbox has no mail yet.",
        "Upload a file, then scan again.",
        is_permanent=True,
        button="Upload mail",
        target="upload",
    ),
    ErrorCode.ACCOUNT_DELETED: ErrorText(
        "The mailbox was removed.", "Add it again to scan its mail.", is_permanent=True, button="", target=""
    ),
    ErrorCode.MAILBOX_UNREADABLE: ErrorText(
        "The uploaded file is damaged or not a mailbox.",
        "Upload it again as mbox, .eml, or .zip of .eml files or a Maildir.",
        is_permanent=True,
        button="Upload again",
        target="upload",
    ),
    ErrorCode.MAILBOX_UNAVAILABLE: ErrorText(
        "The mailbox is unavailable: its server does not answer or limits requests.",
        "Nothing is lost. Try again later.",
        is_permanent=False,
    ),
    ErrorCode.HOST_UNREACHABLE: ErrorText(
        "No mail server answers at this address.",
        "Check the server name and the port.",
        is_permanent=True,
        button="Edit",
        target="edit",
    ),
    ErrorCode.HOST_NOT_ALLOWED: ErrorText(
        "Mailtally is not allowed to connect to this server or port.",
        "Check the server name and the port, or ask your administrator to allow them.",
        is_permanent=True,
        button="Edit",
        target="edit",
    ),
    ErrorCode.TLS_FAILED: ErrorText(
        "No secure connection to the mail server: its certificate is invalid or its TLS version is too old.",
        "Check the server name, or ask your administrator.",
        is_permanent=True,
        button="Edit",
        target="edit",
    ),
    ErrorCode.LOGIN_REFUSED: ErrorText(
        _LOGIN_REFUSED,
        "Check the user name and enter the password again. Some providers need an app password.",
        is_permanent=True,
        button="Update password",
        target="edit",
    ),
    ErrorCode.FOLDER_MISSING: ErrorText(
        "A folder chosen for this mailbox does not exist.",
        "Check the folder names.",
        is_permanent=True,
        button="Edit",
        target="edit",
    ),
    ErrorCode.SECRET_UNREADABLE: ErrorText(
        _SECRET_UNREADABLE, "Enter the password again.", is_permanent=True, button="Update password", target="edit"
    ),
    ErrorCode.SLICE_CRASHED: ErrorText(
        "Part of the mailbox could not be read after several tries.",
        "Invoices found so far are kept. Scan again, or tell your administrator.",
        is_permanent=False,
    ),
    ErrorCode.STALLED: ErrorText(
        "The scan did not start: no scanner answered.", "Scan again, or tell your administrator.", is_permanent=False
    ),
}
"""Words for every code; of a mailbox that signs in with OAuth2, `OAUTH2_TEXTS` come first."""

OAUTH2_TEXTS: Mapping[ErrorCode, ErrorText] = {
    code: ErrorText(
        cause, "Connect the mailbox again with OAuth2.", is_permanent=True, button="Connect again", target="edit"
    )
    for code, cause in ((ErrorCode.LOGIN_REFUSED, _LOGIN_REFUSED), (ErrorCode.SECRET_UNREADABLE, _SECRET_UNREADABLE))
}
"""Words for mailboxes without a password, where they differ."""


def error_text(code: ErrorCode, *, oauth2: bool = False) -> ErrorText:
    """Return the words for `code`; `oauth2` tells how the mailbox signs in."""
    return (OAUTH2_TEXTS.get(code) if oauth2 else None) or ERROR_TEXTS[code]


def known_code(code: str | None) -> ErrorCode | None:
    """Return the error code of this name; None for a code of another version, or of a problem."""
    return _BY_VALUE.get(code or "")


_BY_VALUE = {code.value: code for code in ErrorCode}

CODES_DESCRIPTION = ", ".join(f"`{code}`" for code in ErrorCode)
"""All codes, for descriptions of fields; readers accept others, which a later version may add."""
