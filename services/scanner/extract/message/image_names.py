"""What can be said about an attached picture before it is decoded, or even fetched."""

from services.scanner.extract.prefilter import has_wording

LEAST_BYTES = 15_000
"""No page of text is smaller, however it is packed; logos are."""
_TELLING = ("scan", "receipt", "beleg")


def is_named_as_document(filename: str) -> bool:
    """Whether a file's name speaks of invoices or of scanning."""
    return has_wording(filename) or any(word in filename.lower() for word in _TELLING)
