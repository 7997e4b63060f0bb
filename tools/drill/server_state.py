"""The content of the servers as an administrator reads it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from pymongo import MongoClient

from shared.events import Event, decode
from shared.mongo import Document
from tools.drill.checks.invoices_and_ledger import UserRecords, read_user_records
from tools.drill.checks.leftovers import Queue
from tools.drill.load_generator import User
from tools.drill.redelivery import read_stream
from tools.stack.options import DATABASE
from tools.stack.stackfile import Stack

_SECONDS = 10
_STREAM_SECONDS = 60.0
_COUNTED = ("invoices", "message_ledger", "documents.files")


class ServerState:
    """A connection to MongoDB, and the broker's management API. Every method raises the driver's
    errors."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._client = MongoClient[Document](stack.mongo_url, timeoutMS=_SECONDS * 1000, tz_aware=True)
        self.database = self._client[DATABASE]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def tasks(self) -> dict[str, Document]:
        """Return every task by its id."""
        return {task["_id"]: task for task in self.database["scanning_tasks"].find()}

    def accepted(self) -> list[str]:
        """Return every scan that the API has accepted."""
        return [str(request["_id"]) for request in self.database["scan_requests"].find({"confirmed": True}, {"_id": 1})]

    def stream(self) -> list[Event[Any]]:
        """Return every event that was ever published, including repetitions."""
        bodies = asyncio.run(asyncio.wait_for(read_stream(self._stack.amqp_url), _STREAM_SECONDS))
        return [decode(body) for body in bodies]

    def queues(self) -> list[Queue]:
        """Return every queue as the broker's management API reports it, a few seconds late."""
        url = f"{self._stack.rabbitmq_management_url}/api/queues"
        queues: list[Queue] = httpx.get(url, timeout=_SECONDS, trust_env=False).raise_for_status().json()
        return queues

    def user_records(self, users: Iterable[User]) -> dict[str, UserRecords]:
        """Return the records of each user, by name."""
        return {
            user.name: read_user_records(self.database, user.name, self._id_of(user), self._mailboxes_of(user))
            for user in users
        }

    def counts(self, users: Iterable[User]) -> Mapping[str, int]:
        """Return the number of records of each kind that the users have."""
        ids = [self._id_of(user) for user in users]
        owned = {"$or": [{"user_id": {"$in": ids}}, {"metadata.user_id": {"$in": ids}}]}
        return {name: self.database[name].count_documents(owned) for name in _COUNTED}

    def _mailboxes_of(self, user: User) -> dict[str, int]:
        return {account_id: mailbox for mailbox, account_id in user.accounts.items()}

    def _id_of(self, user: User) -> str:
        accounts = self.database["email_accounts"]
        account = accounts.find_one({"_id": {"$in": list(user.accounts.values())}}, {"user_id": 1})
        return "" if account is None else str(account["user_id"])
