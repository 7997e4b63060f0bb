"""What must hold whatever happens: the invariants I1 to I8 of the protocol, looked at after every single step."""

import datetime as dt
from typing import Any

from services.scanner.jobs.commands import Command
from services.scanner.runs.model import ACTIVE_STATES, OPEN_STATES, TERMINAL_STATES, Policy, Unit
from shared.events import Event
from shared.mongo import Collection, Document
from tests.support.protocol.gates import Actor

TERMINAL_KEYS = {"scan.completed.v1": "done", "scan.failed.v1": "failed", "scan.cancelled.v1": "cancelled"}

_AFTER_THE_END = ("settled", "look_at", "resends")
_HINTS = ("nudge_at", "nudges", "flushed", "lease_until", "not_before")


class Watcher:
    """Looks at nothing. `broken` is what was seen that must not be."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    async def written(self, actor: Actor) -> None:
        """Called after each write of an actor."""

    async def published(self, event: Event[Any]) -> None:
        """Called for each event."""

    async def commanded(self, command: Command) -> None:
        """Called for each command."""

    async def cancel_acked(self, task_id: str) -> None:
        """Called when a cancel's message is about to be acked."""

    async def changed(self) -> None:
        """Called when the test has changed the runs itself."""


class Invariants(Watcher):
    """Notes what is broken instead of raising it into code that handles errors; the names are the protocol's."""

    def __init__(self, runs: Collection, policy: Policy) -> None:
        super().__init__()
        self._runs = runs
        self._policy = policy
        self._before: dict[str, Document] = {}
        self._tokens: dict[tuple[Actor, str, str], int] = {}
        self._numbers: dict[tuple[str, int], str] = {}
        self._ends: dict[str, str] = {}

    async def written(self, actor: Actor) -> None:
        now = {run["_id"]: run async for run in self._runs.find()}
        for task_id, run in now.items():
            before = self._before.get(task_id)
            if before is not None and before != run:
                self._check_change(actor, before, run)
        self._check_limits(list(now.values()))
        self._before = now

    def _check_change(self, actor: Actor, before: Document, run: Document) -> None:
        task_id = run["_id"]
        if before["state"] in TERMINAL_STATES:
            same = _without(before, _AFTER_THE_END) == _without(run, _AFTER_THE_END)
            self._must(same, "I2: a run changed after its end")
        self._must(run["seq"] >= before["seq"], "I7: sequence numbers fell")
        for path, unit in units_of(run).items():
            old = units_of(before).get(path)
            if old is None or _without(old, _HINTS) == _without(unit, _HINTS):
                continue
            if old["tries"] >= self._policy.max_tries and unit["state"] == "open":
                # Split or cleared: by whoever found it without tries, and only while nobody held it.
                held = old["state"] == "leased" and old["lease_until"] >= dt.datetime.now(dt.UTC)
                self._must(not held and unit["token"] == old["token"], "I3: split while it was held")
            elif unit["token"] > old["token"]:
                self._must(unit["token"] == old["token"] + 1, "I3: a token was skipped")
                self._tokens[actor, task_id, path] = unit["token"]
            else:
                self._must(self._tokens.get((actor, task_id, path)) == unit["token"], "I3: written without the token")
                self._must(before["state"] in ACTIVE_STATES, "I3: written in a run that is over")

    def _check_limits(self, runs: list[Document]) -> None:
        active = [run["user_id"] for run in runs if run["state"] in ACTIVE_STATES]
        accounts = [run["account_id"] for run in runs if run["state"] in OPEN_STATES]
        self._must(
            all(active.count(user) <= self._policy.slots for user in active), "I4: more active runs than allowed"
        )
        self._must(len(set(accounts)) == len(accounts), "I5: two open runs of one account")

    async def published(self, event: Event[Any]) -> None:
        run = await self._runs.find_one({"_id": event.subject})
        assert run is not None
        number = int(event.sequence)
        self._must(number <= run["seq"], "I7: a number that no write gave out")
        self._must(
            self._numbers.setdefault((event.subject, number), event.id) == event.id, "I7: one number, two events"
        )
        kind = TERMINAL_KEYS.get(event.routing_key)
        if kind is not None:
            self._must(run["state"] == kind, "I1: an end was told that is not the run's")
            self._must(self._ends.setdefault(event.subject, event.id) == event.id, "I1: two ends were told")

    async def commanded(self, command: Command) -> None:
        run = await self._runs.find_one({"_id": command.task_id})
        number = command.unit.slice_number
        assert run is not None
        self._must(number is None or number < run["next"], "I6: a command for a slice that is not released")

    async def cancel_acked(self, task_id: str) -> None:
        run = await self._runs.find_one({"_id": task_id})
        assert run is not None
        self._must(run["state"] in (*TERMINAL_STATES, "announced"), "I8: a cancel was acked and the run goes on")

    async def changed(self) -> None:
        self._before = {run["_id"]: run async for run in self._runs.find()}
        if not self._before:
            self._numbers.clear()
            self._ends.clear()

    def _must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)


def units_of(run: Document) -> dict[str, Document]:
    """The plan and all slices, by their paths."""
    paths = (Unit(), *(Unit(int(number)) for number in run.get("slices", {})))
    return {unit.path: found for unit in paths if (found := unit.of(run)) is not None}


def _without(document: Document, fields: tuple[str, ...]) -> Document:
    return {name: value for name, value in document.items() if name not in fields}
