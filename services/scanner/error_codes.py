"""Why a scan ends without a result: one code each, and the sentence that a person reads."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """`error_code` of `scan.failed.v1`, as far as the scanner emits it."""

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


SENTENCES: dict[ErrorCode, str] = {
    ErrorCode.MAILBOX_MISSING: "This account has no mailbox yet. Upload one, then scan again.",
    ErrorCode.ACCOUNT_DELETED: "The account was deleted before the scan was done.",
    ErrorCode.MAILBOX_UNREADABLE: "The uploaded mailbox is damaged or not a mailbox. Upload it again.",
    ErrorCode.MAILBOX_UNAVAILABLE: "The mailbox could not be reached, although it was tried often. Scan again later.",
    ErrorCode.HOST_UNREACHABLE: "The mail server cannot be found or does not answer. Check the host and the port.",
    ErrorCode.HOST_NOT_ALLOWED: "The host or port of this account may not be used here. Ask the operator to allow it.",
    ErrorCode.TLS_FAILED: "No safe connection to the mail server: its certificate or its TLS does not hold.",
    ErrorCode.LOGIN_REFUSED: "The mail server refused the login. Check the name and the password, or connect it again.",
    ErrorCode.FOLDER_MISSING: "A folder that this account names is not in the mailbox. Check the folders.",
    ErrorCode.SECRET_UNREADABLE: "The stored login cannot be read any more. Give the account its password again.",
    ErrorCode.SLICE_CRASHED: "A part of the mailbox could not be read although it was tried several times.",
}


class PermanentFailure(Exception):
    """Trying again cannot help: the scan ends."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(SENTENCES[code])
        self.code = code
        self.sentence = SENTENCES[code]
