"""What an unordered bulk write was refused because its key is there already."""

from pymongo.errors import BulkWriteError

_DUPLICATE_KEY = 11000


def refused_as_duplicates(error: BulkWriteError) -> list[int]:
    """The places of those writes, in order. Raises the error itself if anything else went wrong, too."""
    faults = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(fault["code"] != _DUPLICATE_KEY for fault in faults):
        raise error
    return [fault["index"] for fault in faults]
