"""Messages in an uploaded zip, the same for the api that checks it and the scanner that reads it."""

from pathlib import PurePosixPath

_MAILDIR = frozenset({"cur", "new"})
"""Subfolders of a Maildir that hold messages; `tmp` holds messages in delivery."""


def folder_of(name: str) -> str | None:
    """Return the mail folder of an archive member: "" for a single .eml, a Maildir's path; None if
    it is no message."""
    path = PurePosixPath(name.replace("\\", "/"))
    if "__MACOSX" in path.parts or path.name.startswith("."):
        return None
    if path.parent.name in _MAILDIR:
        folder = str(path.parent.parent)
        return "" if folder == "." else folder
    return "" if path.suffix.lower() == ".eml" else None
