"""The users of a chaos test: each requests scans in turn, and retries until the API has
answered."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from cli.client.api import ApiClient, Json
from cli.client.stack_connection import StackConnection
from cli.errors import ApiProblemError, ApiUnreachableError, CliError

Answer = TypeVar("Answer")

_PAUSE_SECONDS = 0.3
_SERVER_ERROR = 500
_SCAN_ENDED = "scan_ended"
_IN_USE = "idempotency_key_in_use"
"""A request under this key that an api left unanswered when it died expires after some seconds."""


@dataclass
class User:
    """The requests of one user and their answers: task ids by mailbox, in the order of the
    requests."""

    name: str
    accounts: dict[int, str] = field(default_factory=dict)
    tasks: dict[int, list[str]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    requests: int = 0
    repeated: int = 0
    refused: list[str] = field(default_factory=list)


class LoadGenerator:
    """Users who own the same mailboxes; each does one thing at a time, all users in parallel."""

    def __init__(self, connection: StackConnection, names: Sequence[str], mailboxes: Sequence[bytes]) -> None:
        self.users = [User(name) for name in names]
        self._connection = connection
        self._mailboxes = mailboxes
        self._stopped = threading.Event()
        self._executors = [ThreadPoolExecutor(max_workers=1) for _ in names]
        self._pending: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Do nothing: requests are queued one by one."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the requests that still wait for an answer."""
        self._stopped.set()
        for executor in self._executors:
            executor.shutdown(wait=False, cancel_futures=True)

    def scan(self, user: int, mailbox: int) -> None:
        """Let a user upload a mailbox, if missing, and start a scan of it."""
        self._submit(user, lambda owner, api: self._scan(owner, api, mailbox))

    def cancel(self, user: int, mailbox: int) -> None:
        """Let a user cancel the newest scan of a mailbox."""
        self._submit(user, lambda owner, api: self._cancel(owner, api, owner.tasks[mailbox][-1]))

    def wait(self, seconds: float) -> bool:
        """Wait until every user has been answered; returns whether that happened. Raises a user's
        error."""
        done, waiting = wait(self._pending, timeout=seconds)
        for future in done:
            future.result()
        return not waiting

    def _submit(self, user: int, act: Callable[[User, ApiClient], None]) -> None:
        def work() -> None:
            owner = self.users[user]
            with self._connection.operator() as operator:
                self._ask(owner, lambda: operator.put_user(owner.name, admin=False))
            with self._connection.user(owner.name) as api:
                act(owner, api)

        self._pending.append(self._executors[user].submit(work))

    def _scan(self, owner: User, api: ApiClient, mailbox: int) -> None:
        if mailbox not in owner.accounts:
            owner.accounts[mailbox] = self._send(owner, api, mailbox)
        tasks = owner.tasks.setdefault(mailbox, [])
        key = f"{mailbox}-{len(tasks)}"
        task = self._ask(owner, lambda: api.start_scan(owner.accounts[mailbox], months=None, full=False, key=key))
        tasks.append(task["task_id"])

    def _send(self, owner: User, api: ApiClient, mailbox: int) -> str:
        label, content = f"{mailbox}.mbox", self._mailboxes[mailbox]

        def find_or_create() -> Json:
            known = (account for account in api.accounts() if account["label"] == label)
            return next(known, None) or api.create_account(label)

        account_id: str = self._ask(owner, find_or_create)["account_id"]
        self._ask(owner, lambda: api.upload(account_id, label, iter([content]), len(content)))
        return account_id

    def _cancel(self, owner: User, api: ApiClient, task_id: str) -> None:
        try:
            self._ask(owner, lambda: api.cancel_scan(task_id))
            owner.cancelled.add(task_id)
        except ApiProblemError as problem:
            if problem.code != _SCAN_ENDED:
                raise

    def _ask(self, owner: User, what: Callable[[], Answer]) -> Answer:
        """Repeat the request until there is an answer, as a client of a busy service does. A
        refusal is raised and recorded."""
        owner.requests += 1
        while True:
            try:
                return what()
            except ApiUnreachableError:
                pass
            except ApiProblemError as problem:
                if problem.status < _SERVER_ERROR and problem.code != _IN_USE:
                    if problem.code != _SCAN_ENDED:
                        owner.refused.append(f"{owner.name}: {problem.code}: {problem}")
                    raise
            owner.repeated += 1
            if self._stopped.wait(_PAUSE_SECONDS):
                raise CliError("The chaos test is over.")
