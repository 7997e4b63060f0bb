"""The invariants of the protocol on random ways through the real code, with faults at any point.

A way is a seed. After every single step of any scanner I1 to I8 are looked at (tests/support/protocol/watching.py);
at its end I9: every run is over, its one end was told, no slot, account or lease is held, nothing is left to be done;
and I10: each fault cost a bounded number of commands.

| invariant | |
|---|---|
| I1 | one kind of end for a run, told only after it was written |
| I2 | an ended run does not change |
| I3 | what a holder writes carries the unit's current token, in an active run |
| I4 | no more active runs of a user than allowed |
| I5 | at most one open run of an account |
| I6 | commands for released units only |
| I7 | numbers rise, each for one event |
| I8 | an acked cancel leaves the run over, or announced |
| I9 | every way ends, and leaves nothing |
| I10 | commands grow by a constant with each fault |
"""

import random
from dataclasses import dataclass

import pytest

from services.scanner.jobs import lease_keeper
from services.scanner.runs.model import TERMINAL_STATES, Policy
from tests.support.protocol.chaos import Chaos
from tests.support.protocol.watching import TERMINAL_KEYS, units_of
from tests.support.protocol.world import World, a_world
from tests.support.servers import TestDatabase

FAULTS = 4
DEATHS = 12
"""More than one deadly message may cost: tries of its slice, of each part, and of itself alone."""


@dataclass(frozen=True)
class Story:
    """What is asked of the scanners, all at once."""

    runs: tuple[str, ...] = ("a",)
    cancels: tuple[str, ...] = ()
    messages: int = 6
    slots: int = 1
    same_account: bool = False
    losses: int = 0
    deadly: tuple[int, ...] = ()
    slice_messages: int = 2
    ways: int = 12


STORIES = {
    "one run": Story(),
    "one run, commands lost": Story(losses=2),
    "a run that is cancelled": Story(cancels=("a",), messages=4),
    "two runs one after the other": Story(runs=("a", "b"), messages=2),
    "two runs of one account": Story(runs=("a", "b"), messages=2, slots=2, same_account=True),
    "two runs at once, one cancelled": Story(runs=("a", "b"), cancels=("b",), messages=4, slots=2, losses=1),
    "a message that kills its scanner": Story(messages=6, deadly=(3,), slice_messages=6, ways=6),
    "two of them, and a cancel": Story(runs=("a", "b"), cancels=("b",), messages=4, slots=2, deadly=(1, 4), ways=4),
    "an empty mailbox": Story(runs=("a", "b"), cancels=("b",), messages=0, losses=1),
}


@pytest.mark.parametrize("story", STORIES)
async def test_whatever_happens_every_run_ends_once_and_leaves_nothing(
    story: str, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_keeper, "HEARTBEAT_S", 0.0)
    told = STORIES[story]
    policy = Policy(lease_s=600, slots=told.slots, window=2, max_tries=4, verdict_tries=FAULTS + 1)
    async with a_world(
        database, policy, messages=told.messages, slice_messages=told.slice_messages, watched=True
    ) as world:
        world.mailbox.deadly = frozenset(told.deadly)
        for seed in range(told.ways):
            for task_id in told.runs:
                world.request(task_id, account_id="one" if told.same_account else f"account-of-{task_id}")
            for task_id in told.cancels:
                world.request_cancel(task_id)
            await Chaos(world, way(story, seed), faults=FAULTS, losses=told.losses).run()
            await world.drain()
            assert world.watcher.broken == [], f"way {seed}"
            await nothing_is_left(world, told)
            await world.forget()


def way(story: str, seed: int) -> random.Random:
    return random.Random(f"{story} {seed}")  # noqa: S311 (chooses ways, guards nothing)


async def nothing_is_left(world: World, story: Story) -> None:
    runs = {run["_id"]: run async for run in world.runs.collection.find()}
    assert set(runs) == set(story.runs)
    for task_id, run in runs.items():
        assert run["state"] in TERMINAL_STATES
        assert not {"slot", "account_key"} & set(run)
        assert {TERMINAL_KEYS[key] for key, _ in world.ends(task_id)} == {run["state"]}
        assert len(world.ends(task_id)) == 1
        if run["state"] == "done":
            result = run["end"]["result"]
            assert (result["messages"], result["scanned"], result["failed"]) == (story.messages,) * 3
            assert {unit["state"] for unit in units_of(run).values()} == {"done"}
            assert await left_out(world, task_id) == list(story.deadly)
    units = len(story.runs) * (1 + story.messages)
    troubles = FAULTS + story.losses + 1 + len(story.runs) * len(story.deadly) * DEATHS
    assert len(world.commands) <= units + troubles * (world.runs.policy.window + 2)


async def left_out(world: World, task_id: str) -> list[int]:
    lines = world.runs.database["message_ledger"].find({"task_id": task_id, "reason": "stopped_scanner"})
    return sorted([line["uid"] async for line in lines])
