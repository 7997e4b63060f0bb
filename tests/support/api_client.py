"""A user of the API as the end-to-end tests play one."""

from collections.abc import Callable, Iterator
from typing import Any

from cli.client.api import ApiClient, Json
from cli.client.task_watcher import ConnectionLost, TaskWatcher
from cli.parsing.months_option import ALL_MAIL

Condition = Callable[[Json], bool]


class Person:
    """One user with a client of their own."""

    def __init__(self, name: str, api: ApiClient) -> None:
        self.name = name
        self.api = api

    def mailbox(self, content: bytes, filename: str = "archive.mbox") -> str:
        """A new account with this mailbox in it; its id."""
        account_id: str = self.api.create_account(filename)["account_id"]
        self.api.upload(account_id, filename, iter([content]), len(content))
        return account_id

    def server_mailbox(self, source: Json, label: str = "Office") -> str:
        """A new account on a mail server; its id."""
        account_id: str = self.api.create_account(label, source)["account_id"]
        return account_id

    def start(self, account_id: str, *, full: bool = False) -> str:
        """Ask for a scan of all that is there; the task's id."""
        task_id: str = self.api.start_scan(account_id, months=ALL_MAIL, full=full)["task_id"]
        return task_id

    def scan(self, content: bytes) -> Json:
        """A mailbox sent and scanned; the ended task."""
        return self.until_ended(self.start(self.mailbox(content)))

    def versions(self, task_id: str) -> Iterator[Json]:
        """Each version of the task as the API announces it, to the end."""
        return (news for news in TaskWatcher(self.api).watch_one(task_id) if not isinstance(news, ConnectionLost))

    def until(self, task_id: str, condition: Condition) -> Json:
        """The first version of the task that meets the condition."""
        for task in self.versions(task_id):
            if condition(task):
                return task
        raise AssertionError("the scan ended first")

    def until_ended(self, task_id: str) -> Json:
        """The task when it has ended."""
        return list(self.versions(task_id))[-1]

    def invoices(self, **filters: str) -> list[Json]:
        """All invoices of the user that match."""
        return list(self.api.invoices(**filters))


def essence(invoices: list[Json]) -> set[tuple[Any, ...]]:
    """Invoices by what they say and who carried them: what must not depend on how the scan went."""
    fields = ("vendor", "invoice_number", "issue_date", "due_date", "currency", "net", "tax", "total", "kind", "format")
    return {
        (
            *(invoice[field] for field in fields),
            tuple(sorted((carrier["folder"], carrier["uid"], carrier["part"]) for carrier in invoice["carriers"])),
        )
        for invoice in invoices
    }
