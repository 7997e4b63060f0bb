"""How far each folder was scanned."""

from collections import defaultdict

from pymongo import UpdateOne

from shared.mongo import Collection, Document


class Cursors:
    """Writes `mailbox_cursors`, after the end of a run: slices end in any order, so none of them may."""

    def __init__(self, cursors: Collection) -> None:
        self._cursors = cursors

    async def advance(self, run: Document) -> None:
        """Move the cursors of a done run's folders; never backwards while the UIDVALIDITY is the same."""
        highest: defaultdict[tuple[str, int], int] = defaultdict(int)
        for piece in run["slices"].values():
            folder = piece["folder"], piece["uidvalidity"]
            highest[folder] = max(highest[folder], piece["uids"][-1][1])
        updates = [
            UpdateOne(
                {"_id": f"{run['account_id']}/{folder}"},
                [{"$set": _moved(uidvalidity, uid, run["_id"])}],
                upsert=True,
            )
            for (folder, uidvalidity), uid in highest.items()
        ]
        if updates:
            await self._cursors.bulk_write(updates, ordered=False)


def _moved(uidvalidity: int, uid: int, task_id: str) -> Document:
    same = {"$eq": ["$uidvalidity", uidvalidity]}
    return {
        "uid": {"$cond": [same, {"$max": ["$uid", uid]}, uid]},
        "uidvalidity": uidvalidity,
        "task_id": {"$literal": task_id},
        "at": "$$NOW",
    }
