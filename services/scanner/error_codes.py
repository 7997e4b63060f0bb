"""Error codes of scans that end without a result, and the sentence that people read for each."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Values of `error_code` in `scan.failed.v1` that the scanner publishes."""

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


USER_MESSAGES: dict[ErrorCode, str] = {
    ErrorCode.MAILBOX_MISSING: "This mailbox has no uploaded mail yet. Upload it, then scan again.",
    ErrorCode.ACCOUNT_DELETED: "The mailbox was deleted before the scan was done.",
    ErrorCode.MAILBOX_UNREADABLE: "The uploaded mailbox is damaged or not a mailbox. Upload it again.",
    ErrorCode.MAILBOX_UNAVAILABLE: "The mailbox stayed unreachable after several retries. Scan again later.",
    ErrorCode.HOST_UNREACHABLE: "The mail server cannot be found or does not answer. Check the host and the port.",
    ErrorCode.HOST_NOT_ALLOWED: "This mail server's host or port is not allowed here. Ask the operator to allow it.",
    ErrorCode.TLS_FAILED: "No secure connection to the mail server: its certificate is invalid or its TLS is too old.",
    ErrorCode.LOGIN_REFUSED: "The mail server refused the login. Check name and password, or connect the mailbox anew.",
    ErrorCode.FOLDER_MISSING: "A folder chosen for this mailbox does not exist. Check the folders.",
    ErrorCode.SECRET_UNREADABLE: "The stored login can no longer be read. Enter the mailbox's password again.",
    ErrorCode.SLICE_CRASHED: "A part of the mailbox could not be read after several retries.",
}


class PermanentFailure(Exception):
    """The scan ends, as trying again cannot help."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(USER_MESSAGES[code])
        self.code = code
        self.sentence = USER_MESSAGES[code]
