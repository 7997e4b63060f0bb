"""The permission to write tasks."""

from collections.abc import Callable, Mapping

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from shared.formatting import count
from shared.mongo import Document
from tools.drill.checks.result import CheckResult
from tools.stack.options import DATABASE
from tools.stack.stackfile import ServiceUrls

_UNAUTHORIZED = 13
_NOBODY = "drill-nobody"

_WRITES: Mapping[str, Callable[[Collection[Document]], object]] = {
    "insert": lambda tasks: tasks.insert_one({"_id": _NOBODY}),
    "update": lambda tasks: tasks.update_one({"_id": _NOBODY}, {"$set": {"progress": 1}}),
    "delete": lambda tasks: tasks.delete_one({"_id": _NOBODY}),
}


def only_status_writes(users: Mapping[str, ServiceUrls], database: str = DATABASE) -> CheckResult:
    """Try each kind of write to `scanning_tasks` as each service; the last one undoes the first."""
    broken = []
    for service, urls in users.items():
        with MongoClient[Document](urls.mongo_url, timeoutMS=10_000) as client:
            for name, write in _WRITES.items():
                if _may(write, client[database]["scanning_tasks"]) != (service == "status"):
                    broken.append(f"{service}: {name} was {'refused' if service == 'status' else 'allowed'}")
    return CheckResult("Only the status service writes tasks", count(len(users) * len(_WRITES), "attempt"), broken)


def _may(write: Callable[[Collection[Document]], object], tasks: Collection[Document]) -> bool:
    try:
        write(tasks)
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        return False
    return True
