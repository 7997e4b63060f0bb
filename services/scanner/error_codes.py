"""The error that ends a scan for good, with one of the codes of `shared.error_codes`."""

from shared.error_codes import ErrorCode, error_text

__all__ = ["ErrorCode", "PermanentFailure"]


class PermanentFailure(Exception):
    """Raised when trying again cannot help: the scan ends. `oauth2` tells how the mailbox signs in."""

    def __init__(self, code: ErrorCode, *, oauth2: bool = False) -> None:
        self.code = code
        self.sentence = error_text(code, oauth2=oauth2).sentence
        super().__init__(self.sentence)
