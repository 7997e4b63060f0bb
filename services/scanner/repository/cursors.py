"""Cursors of folders: how far each folder was read."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from services.scanner.read_ranges import ReadRange, merge_read_ranges, read_range_document, read_ranges_of
from shared.events import utc_now
from shared.mongo import Collection, Document


@dataclass(frozen=True)
class Cursor:
    """Knowledge of a folder from earlier scans, valid as long as its UIDVALIDITY is the same."""

    uidvalidity: int
    read_ranges: tuple[ReadRange, ...]
    uidnext: int | None
    modseq: int | None


class Cursors:
    """Writes `mailbox_cursors`, only after the end of a run: slices become done in any order."""

    def __init__(self, cursors: Collection) -> None:
        self._cursors = cursors

    async def by_folder(self, account_id: str) -> dict[str, Cursor]:
        """Return the cursors of an account by folder."""
        documents = self._cursors.find({"account_id": account_id})
        return {
            document["folder"]: Cursor(
                uidvalidity=document["uidvalidity"],
                read_ranges=tuple(read_ranges_of(document.get("stretches", ()))),
                uidnext=document.get("uidnext"),
                modseq=document.get("modseq"),
            )
            async for document in documents
        }

    async def advance(self, account_id: str, task_id: str, folders: Sequence[Document]) -> None:
        """Advance the cursors of a done run's folders, each given as `FolderScanned.to_document`.

        A cursor never moves backwards while the UIDVALIDITY is the same.
        """
        for folder in folders:
            while not await self._advance(account_id, task_id, folder):
                continue  # another writer changed it in between

    async def _advance(self, account_id: str, task_id: str, folder: Document) -> bool:
        key = f"{account_id}/{folder['folder']}"
        before = await self._cursors.find_one({"_id": key})
        moved = {
            **_advanced(before, folder),
            "account_id": account_id,
            "folder": folder["folder"],
            "task_id": task_id,
            "at": utc_now(),
            "version": 1 if before is None else before.get("version", 0) + 1,
        }
        if before is None:
            try:
                await self._cursors.insert_one({"_id": key, **moved})
            except DuplicateKeyError:
                return False
            return True
        same = {"_id": key, "version": before.get("version")}
        return (await self._cursors.update_one(same, {"$set": moved})).matched_count == 1


def _advanced(before: Document | None, folder: Document) -> Document:
    """Return the cursor's new fields.

    Read ranges of different scans add up in any order, so a late writer takes nothing away.
    """
    read_range = folder.get("stretch")
    fields = {"uidvalidity": folder["uidvalidity"], "uid": folder["uid"]}
    if read_range is not None:
        fields |= {"uidnext": folder["uidnext"], "modseq": folder["modseq"]}
    known: list[ReadRange] = []
    if before is not None and before["uidvalidity"] == folder["uidvalidity"]:
        fields["uid"] = max(before["uid"], folder["uid"])
        known = read_ranges_of(before.get("stretches", ()))
    if read_range is not None:
        (new,) = read_ranges_of([read_range])
        fields["stretches"] = [read_range_document(kept) for kept in merge_read_ranges(known, new)]
    return fields
