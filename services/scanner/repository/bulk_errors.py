"""Errors of unordered bulk writes: which writes were refused because their key exists."""

from pymongo.errors import BulkWriteError

_DUPLICATE_KEY = 11000


def duplicate_key_indexes(error: BulkWriteError) -> list[int]:
    """Return the indexes of the writes that were refused because their key exists, in order.

    Raises the error itself if any write failed for another reason.
    """
    errors = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(failed["code"] != _DUPLICATE_KEY for failed in errors):
        raise error
    return [failed["index"] for failed in errors]
