"""How far each folder was scanned."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from services.scanner.read_ranges import Stretch, merged, stretch_document, stretches_of
from shared.events import utc_now
from shared.mongo import Collection, Document


@dataclass(frozen=True)
class Cursor:
    """What is known of a folder from earlier scans, as long as its UIDVALIDITY is the same."""

    uidvalidity: int
    stretches: tuple[Stretch, ...]
    uidnext: int | None
    modseq: int | None


class Cursors:
    """Writes `mailbox_cursors`, after the end of a run: slices end in any order, so none of them may."""

    def __init__(self, cursors: Collection) -> None:
        self._cursors = cursors

    async def of_account(self, account_id: str) -> dict[str, Cursor]:
        """By folder."""
        found = self._cursors.find({"account_id": account_id})
        return {
            document["folder"]: Cursor(
                uidvalidity=document["uidvalidity"],
                stretches=tuple(stretches_of(document.get("stretches", ()))),
                uidnext=document.get("uidnext"),
                modseq=document.get("modseq"),
            )
            async for document in found
        }

    async def advance(self, account_id: str, task_id: str, marks: Sequence[Document]) -> None:
        """Move the cursors of a done run's folders; never backwards while the UIDVALIDITY is the same."""
        for mark in marks:
            while not await self._advance(account_id, task_id, mark):
                continue  # somebody else moved it in between

    async def _advance(self, account_id: str, task_id: str, mark: Document) -> bool:
        key = f"{account_id}/{mark['folder']}"
        before = await self._cursors.find_one({"_id": key})
        moved = {
            **_moved(before, mark),
            "account_id": account_id,
            "folder": mark["folder"],
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


def _moved(before: Document | None, mark: Document) -> Document:
    """Stretches of different scans add up in any order, so a late writer takes nothing away."""
    stretch = mark.get("stretch")
    told = {"uidvalidity": mark["uidvalidity"], "uid": mark["uid"]}
    if stretch is not None:
        told |= {"uidnext": mark["uidnext"], "modseq": mark["modseq"]}
    known: list[Stretch] = []
    if before is not None and before["uidvalidity"] == mark["uidvalidity"]:
        told["uid"] = max(before["uid"], mark["uid"])
        known = stretches_of(before.get("stretches", ()))
    if stretch is not None:
        (new,) = stretches_of([stretch])
        told["stretches"] = [stretch_document(one) for one in merged(known, new)]
    return told
