"""The users of a drill: each asks for scans in turn, and asks again until the API has answered."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from cli.client.api import Api, Json
from cli.client.stack_connection import Door
from cli.errors import ApiProblem, ApiUnreachable, CliError

Answer = TypeVar("Answer")

_PAUSE_SECONDS = 0.3
_SERVER_ERROR = 500
_SCAN_ENDED = "scan_ended"
_IN_USE = "idempotency_key_in_use"
"""What an api that died left unanswered under this key is given up after some seconds."""


@dataclass
class User:
    """What one user asked for and was answered: task ids by mailbox, in the order of asking."""

    name: str
    accounts: dict[int, str] = field(default_factory=dict)
    tasks: dict[int, list[str]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    requests: int = 0
    repeated: int = 0
    refused: list[str] = field(default_factory=list)


class Crowd:
    """Users who own the same mailboxes; each does one thing after the other, all at the same time."""

    def __init__(self, door: Door, names: Sequence[str], mailboxes: Sequence[bytes]) -> None:
        self.users = [User(name) for name in names]
        self._door = door
        self._mailboxes = mailboxes
        self._over = threading.Event()
        self._hands = [ThreadPoolExecutor(max_workers=1) for _ in names]
        self._asked: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Nobody asks for anything yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Those who still wait for an answer give up."""
        self._over.set()
        for hands in self._hands:
            hands.shutdown(wait=False, cancel_futures=True)

    def scan(self, user: int, mailbox: int) -> None:
        """Let a user send a mailbox, if it is not there yet, and ask for a scan of it."""
        self._let(user, lambda who, api: self._scan(who, api, mailbox))

    def cancel(self, user: int, mailbox: int) -> None:
        """Let a user ask for the end of the newest scan of a mailbox."""
        self._let(user, lambda who, api: self._cancel(who, api, who.tasks[mailbox][-1]))

    def wait(self, seconds: float) -> bool:
        """Wait until every user has been answered; whether that is so. Raises what a user could not cope with."""
        done, waiting = wait(self._asked, timeout=seconds)
        for asked in done:
            asked.result()
        return not waiting

    def _let(self, user: int, act: Callable[[User, Api], None]) -> None:
        def work() -> None:
            who = self.users[user]
            with self._door.operator() as operator:
                self._ask(who, lambda: operator.put_user(who.name, admin=False))
            with self._door.user(who.name) as api:
                act(who, api)

        self._asked.append(self._hands[user].submit(work))

    def _scan(self, who: User, api: Api, mailbox: int) -> None:
        if mailbox not in who.accounts:
            who.accounts[mailbox] = self._send(who, api, mailbox)
        tasks = who.tasks.setdefault(mailbox, [])
        key = f"{mailbox}-{len(tasks)}"
        task = self._ask(who, lambda: api.start_scan(who.accounts[mailbox], months=None, full=False, key=key))
        tasks.append(task["task_id"])

    def _send(self, who: User, api: Api, mailbox: int) -> str:
        label, content = f"{mailbox}.mbox", self._mailboxes[mailbox]

        def find_or_create() -> Json:
            known = (account for account in api.accounts() if account["label"] == label)
            return next(known, None) or api.create_account(label)

        account_id: str = self._ask(who, find_or_create)["account_id"]
        self._ask(who, lambda: api.upload(account_id, label, iter([content]), len(content)))
        return account_id

    def _cancel(self, who: User, api: Api, task_id: str) -> None:
        try:
            self._ask(who, lambda: api.cancel_scan(task_id))
            who.cancelled.add(task_id)
        except ApiProblem as problem:
            if problem.code != _SCAN_ENDED:
                raise

    def _ask(self, who: User, what: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer, as any client of a busy service does. A refusal is raised and kept."""
        who.requests += 1
        while True:
            try:
                return what()
            except ApiUnreachable:
                pass
            except ApiProblem as problem:
                if problem.status < _SERVER_ERROR and problem.code != _IN_USE:
                    if problem.code != _SCAN_ENDED:
                        who.refused.append(f"{who.name}: {problem.code}: {problem}")
                    raise
            who.repeated += 1
            if self._over.wait(_PAUSE_SECONDS):
                raise CliError("The drill is over.")
