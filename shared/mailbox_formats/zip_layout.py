"""What counts as a message in an uploaded zip: the api refuses by it what the scanner would find nothing in."""

from pathlib import PurePosixPath

_MAILDIR = frozenset({"cur", "new"})
"""Subfolders of a Maildir that hold messages; `tmp` holds those that are still being delivered."""


def folder_of(name: str) -> str | None:
    """The mail folder of an archive member: "" for a loose .eml, a Maildir's path; None if it is no message."""
    path = PurePosixPath(name.replace("\\", "/"))
    if "__MACOSX" in path.parts or path.name.startswith("."):
        return None
    if path.parent.name in _MAILDIR:
        folder = str(path.parent.parent)
        return "" if folder == "." else folder
    return "" if path.suffix.lower() == ".eml" else None
