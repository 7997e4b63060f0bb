"""Many scans of several users at the same time."""

import threading
from collections.abc import Callable

from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person, essence
from tests.support.mailboxes import Samples

_USERS = 3
_SCANS = 10


def test_thirty_scans_of_three_users_are_all_done_while_the_api_answers(
    stack: LocalStack, person: Callable[[], Person], samples: Samples
) -> None:
    content = samples.first_messages("ada", 30)
    people = [person() for _ in range(_USERS)]
    accounts = [(someone, someone.mailbox(content, f"{n}.mbox")) for n in range(_SCANS) for someone in people]
    tasks = [(someone, someone.start(account_id)) for someone, account_id in accounts]
    answered = _Answers(stack, people)
    try:
        ended = [someone.until_ended(task_id) for someone, task_id in tasks]
    finally:
        listed = answered.stop()
    assert [task["status"] for task in ended] == ["DONE"] * _USERS * _SCANS
    assert listed > 0
    for someone in people:
        assert someone.api.scan_stats() == {"PENDING": 0, "PROGRESS": 0, "DONE": _SCANS, "FAILURE": 0, "CANCELLED": 0}
    # The same mail in ten mailboxes holds each invoice once, with all its carriers.
    found = [essence(someone.invoices()) for someone in people]
    assert found[0] == found[1] == found[2] != set()
    assert sum(task["result"]["invoices"] for task in ended) == sum(map(len, found))


class _Answers:
    """Lists scans again and again in the background; every answer must come and be complete."""

    def __init__(self, stack: LocalStack, people: list[Person]) -> None:
        self._stack = stack
        self._names = [someone.name for someone in people]
        self._listed = 0
        self._failed: list[Exception] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._list)
        self._thread.start()

    def stop(self) -> int:
        """How often every user's scans were listed."""
        self._stop.set()
        self._thread.join()
        assert self._failed == []
        return self._listed

    def _list(self) -> None:
        try:
            while not self._stop.is_set():
                for name in self._names:
                    with self._stack.door.user(name) as api:
                        assert len(list(api.scans())) == _SCANS
                self._listed += 1
        except Exception as error:  # noqa: BLE001 (handed to the test's own thread)
            self._failed.append(error)
