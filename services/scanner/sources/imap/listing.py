"""Which messages of a folder a scan has to read: those of its time that no earlier scan has covered."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from services.scanner.read_ranges import FolderScanned, ReadRange
from services.scanner.repository.cursors import Cursor
from services.scanner.sources.imap.folders import Folder
from services.scanner.sources.imap.mailbox import Mailbox
from services.scanner.sources.imap.responses import State


@dataclass(frozen=True)
class Listing:
    """The uids of a folder that are to be read, ascending, and how far that brings its cursor."""

    uids: Sequence[int]
    mark: FolderScanned


def first_day(not_before: dt.datetime | None) -> dt.date | None:
    """Servers compare days, each in its own time zone (RFC 3501, 6.4.4): a day more leaves nothing out."""
    return None if not_before is None else (not_before - dt.timedelta(days=1)).date()


def list_folder(
    mailbox: Mailbox,
    folder: Folder,
    state: State,
    since: dt.date | None,
    cursor: Cursor | None,
    waiting: frozenset[int],
) -> Listing:
    """`waiting` are covered messages that an earlier scan has passed over. Blocking."""
    read_ranges = cursor.read_ranges if cursor is not None and cursor.uidvalidity == state.uidvalidity else ()
    if not waiting and cursor is not None and _is_unchanged(state, cursor, read_ranges, since):
        covered = _count(mailbox, folder, state, since)
        return Listing([], _mark(folder, state, state.uidnext or 0, since, covered))
    uidvalidity = mailbox.examine(folder.name, folder.raw)
    if uidvalidity is None:
        return Listing([], _mark(folder, state, 0, since, 0))
    if uidvalidity != state.uidvalidity:
        state, read_ranges = State(uidvalidity, None, None, None), ()
    present = mailbox.search(_criteria(folder, since))
    new = sorted(set(present) - _covered(mailbox, folder, present, read_ranges, since) | waiting.intersection(present))
    last = max((state.uidnext or 1) - 1, present[-1] if present else 0)
    return Listing(new, _mark(folder, state, last + 1, since, len(present) - len(new)))


def _is_unchanged(state: State, cursor: Cursor, read_ranges: Sequence[ReadRange], since: dt.date | None) -> bool:
    """Whether nothing came since the cursor was written, as far as the server tells, and it reaches back far enough."""
    if state.uidnext is None or (state.uidnext, state.modseq) != (cursor.uidnext, cursor.modseq):
        return False
    return any(read_range.uid >= state.uidnext - 1 and read_range.reaches_back_to(since) for read_range in read_ranges)


def _covered(
    mailbox: Mailbox, folder: Folder, present: Sequence[int], read_ranges: Sequence[ReadRange], since: dt.date | None
) -> set[int]:
    """Those that earlier scans have covered. Only the server knows when a message arrived."""
    covered: set[int] = set()
    for read_range in read_ranges:
        if read_range.reaches_back_to(since):
            covered.update(uid for uid in present if uid <= read_range.uid)
        elif read_range.uid > 0:
            covered.update(mailbox.search(f"UID 1:{read_range.uid} {_criteria(folder, read_range.since)}"))
    return covered


def _criteria(folder: Folder, since: dt.date | None) -> str:
    # A folder with every message has the drafts, too.
    drafts = "UNDRAFT " if folder.use == "all" else ""
    return f"{drafts}ALL" if since is None else f"{drafts}SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"


def _count(mailbox: Mailbox, folder: Folder, state: State, since: dt.date | None) -> int:
    if since is None:
        return state.messages or 0
    mailbox.examine(folder.name, folder.raw)
    return mailbox.count(_criteria(folder, since)) or 0


def _mark(folder: Folder, state: State, uidnext: int, since: dt.date | None, covered: int) -> FolderScanned:
    last = max(uidnext - 1, 0)
    return FolderScanned(
        folder.name, state.uidvalidity, last, ReadRange(last, since), state.uidnext, state.modseq, covered=covered
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
