"""Why a scan ends without a result: one code each, and the sentence that a person reads."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """`error_code` of `scan.failed.v1`, as far as the scanner emits it."""

    MAILBOX_MISSING = "mailbox_missing"
    ACCOUNT_DELETED = "account_deleted"
    MAILBOX_UNREADABLE = "mailbox_unreadable"
    MAILBOX_UNAVAILABLE = "mailbox_unavailable"
    SLICE_CRASHED = "slice_crashed"


SENTENCES: dict[ErrorCode, str] = {
    ErrorCode.MAILBOX_MISSING: "This account has no mailbox yet. Upload one, then scan again.",
    ErrorCode.ACCOUNT_DELETED: "The account was deleted before the scan was done.",
    ErrorCode.MAILBOX_UNREADABLE: "The uploaded mailbox is damaged or not a mailbox. Upload it again.",
    ErrorCode.MAILBOX_UNAVAILABLE: "The mailbox could not be reached, although it was tried often. Scan again later.",
    ErrorCode.SLICE_CRASHED: "A part of the mailbox could not be read although it was tried several times.",
}


class PermanentFailure(Exception):
    """Trying again cannot help: the scan ends."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(SENTENCES[code])
        self.code = code
        self.sentence = SENTENCES[code]
