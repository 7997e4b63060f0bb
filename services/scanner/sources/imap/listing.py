"""Listing of the messages in a folder that a scan must read: those of its period that no earlier
scan has covered."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from services.scanner.read_ranges import FolderScanned, ReadRange
from services.scanner.repository.cursors import Cursor
from services.scanner.sources.imap.folders import Folder
from services.scanner.sources.imap.mailbox import Mailbox
from services.scanner.sources.imap.responses import FolderStatus


@dataclass(frozen=True)
class FolderListing:
    """The uids of a folder to read, ascending, and what the folder's cursor becomes by them."""

    uids: Sequence[int]
    mark: FolderScanned


def search_since(not_before: dt.datetime | None) -> dt.date | None:
    """Return the day for SINCE, one day early: servers compare days in their own time zone (RFC
    3501, 6.4.4)."""
    return None if not_before is None else (not_before - dt.timedelta(days=1)).date()


def list_folder(
    mailbox: Mailbox,
    folder: Folder,
    status: FolderStatus,
    since: dt.date | None,
    cursor: Cursor | None,
    passed_over: frozenset[int],
) -> FolderListing:
    """List a folder.

    `passed_over` are covered messages that an earlier scan did not read. Blocking.
    """
    read_ranges = cursor.read_ranges if cursor is not None and cursor.uidvalidity == status.uidvalidity else ()
    if not passed_over and cursor is not None and _is_unchanged(status, cursor, read_ranges, since):
        covered = _count(mailbox, folder, status, since)
        return FolderListing([], _mark(folder, status, status.uidnext or 0, since, covered))
    uidvalidity = mailbox.examine(folder.name, folder.raw)
    if uidvalidity is None:
        return FolderListing([], _mark(folder, status, 0, since, 0))
    if uidvalidity != status.uidvalidity:
        status, read_ranges = FolderStatus(uidvalidity, None, None, None), ()
    present = mailbox.search(_criteria(folder, since))
    new = sorted(
        set(present) - _covered(mailbox, folder, present, read_ranges, since) | passed_over.intersection(present)
    )
    last = max((status.uidnext or 1) - 1, present[-1] if present else 0)
    return FolderListing(new, _mark(folder, status, last + 1, since, len(present) - len(new)))


def _is_unchanged(
    status: FolderStatus, cursor: Cursor, read_ranges: Sequence[ReadRange], since: dt.date | None
) -> bool:
    """Return whether the cursor covers the folder: it reaches back far enough, and nothing came
    since."""
    if status.uidnext is None or (status.uidnext, status.modseq) != (cursor.uidnext, cursor.modseq):
        return False
    return any(read_range.uid >= status.uidnext - 1 and read_range.reaches_back_to(since) for read_range in read_ranges)


def _covered(
    mailbox: Mailbox, folder: Folder, present: Sequence[int], read_ranges: Sequence[ReadRange], since: dt.date | None
) -> set[int]:
    """Return the uids that earlier scans have covered; only the server knows when a message
    arrived."""
    covered: set[int] = set()
    for read_range in read_ranges:
        if read_range.reaches_back_to(since):
            covered.update(uid for uid in present if uid <= read_range.uid)
        elif read_range.uid > 0:
            covered.update(mailbox.search(f"UID 1:{read_range.uid} {_criteria(folder, read_range.since)}"))
    return covered


def _criteria(folder: Folder, since: dt.date | None) -> str:
    # The folder with all messages has the drafts, too.
    drafts = "UNDRAFT " if folder.use == "all" else ""
    return f"{drafts}ALL" if since is None else f"{drafts}SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"


def _count(mailbox: Mailbox, folder: Folder, status: FolderStatus, since: dt.date | None) -> int:
    if since is None:
        return status.messages or 0
    mailbox.examine(folder.name, folder.raw)
    return mailbox.count(_criteria(folder, since)) or 0


def _mark(folder: Folder, status: FolderStatus, uidnext: int, since: dt.date | None, covered: int) -> FolderScanned:
    last = max(uidnext - 1, 0)
    return FolderScanned(
        folder.name, status.uidvalidity, last, ReadRange(last, since), status.uidnext, status.modseq, covered=covered
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
