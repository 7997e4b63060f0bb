"""Two replicas fold the events of several tasks, step by step, beside a model that knows what must be stored."""

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test

from services.status.outcome import BatchOutcome
from shared.events import Event
from tests.support.expected_tasks import canonical, expected_task, first_end
from tests.support.histories import UNSTORABLE, by_task, mixed_events, unstorable_events
from tests.support.replicas import Replicas, accounted, refused


class Model:
    """For each task what was heard of it, and which terminal event it took."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Event[Any]]] = {}
        self.ends: dict[str, Event[Any]] = {}

    def hear(self, task_id: str, events: Sequence[Event[Any]]) -> None:
        self.heard.setdefault(task_id, []).extend(events)

    def possible(self, task_id: str, firsts: Sequence[Event[Any] | None]) -> dict[bytes, Event[Any] | None]:
        """The documents that the task may be by now, `firsts` being the ends that may just have come first."""
        known = self.ends.get(task_id)
        candidates: list[Event[Any] | None] = [known] if known else [end for end in firsts if end is not None]
        return {canonical(expected_task(self.heard[task_id], end)): end for end in candidates or [None]}


class TwoReplicas(RuleBasedStateMachine):
    """Any events in any order, any number of times, in any batches, on either replica or on both at once."""

    published = Bundle("published")
    few = st.lists(published, min_size=1, max_size=6)

    runner: asyncio.Runner
    replicas: Replicas

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.versions: dict[str, int] = {}
        self.documents: dict[str, bytes] = {}
        self.runner.run(self.replicas.begin_anew())

    @initialize(target=published, events=st.lists(mixed_events | unstorable_events, min_size=3, max_size=14))
    def publish(self, events: list[Event[Any]]) -> Any:
        return multiple(*events)

    @rule(first=few, again=st.booleans())
    def the_first_replica_writes(self, first: list[Event[Any]], again: bool) -> None:
        self.deliver([first, first] if again else [first], [])

    @rule(second=few)
    def the_second_replica_writes(self, second: list[Event[Any]]) -> None:
        self.deliver([], [second])

    @rule(first=st.lists(few, min_size=1, max_size=3), second=st.lists(few, min_size=1, max_size=3))
    def both_write_at_once(self, first: list[list[Event[Any]]], second: list[list[Event[Any]]]) -> None:
        self.deliver(first, second)

    @rule(number=st.sampled_from([0, 1]))
    def one_is_started_again(self, number: int) -> None:
        self.replicas.restart(number)

    def deliver(self, *shares: list[list[Event[Any]]]) -> None:
        async def write() -> tuple[list[BatchOutcome], dict[str, Any]]:
            outcomes = await self.replicas.write(*(list(map(by_task, share)) for share in shares))
            return outcomes, dict(await self.replicas.stored())

        outcomes, stored = self.runner.run(write())
        arrived = list(chain(*chain(*shares)))
        assert accounted(outcomes) == len(arrived)
        rejected = {id(event) for event in refused(outcomes)}
        assert rejected == {id(event) for event in arrived if getattr(event.data, "reason", "") == UNSTORABLE}
        taken = [[event for batch in share for event in batch if id(event) not in rejected] for share in shares]
        for task_id, events in by_task(chain(*taken)).items():
            self.model.hear(task_id, events)
            firsts = [first_end([event for event in share if event.data.task_id == task_id]) for share in taken]
            self.take(task_id, stored[task_id], firsts)
        assert {task_id: canonical(task) for task_id, task in stored.items()} == self.documents
        versions = {task_id: task["version"] for task_id, task in stored.items()}
        # What both replicas held, both may call written.
        assert sum(versions.values()) - sum(self.versions.values()) <= sum(
            len(outcome.committed) for outcome in outcomes
        )
        self.versions = versions

    def take(self, task_id: str, task: Any, firsts: Sequence[Event[Any] | None]) -> None:
        """Compare a task with what it may be, and keep which of its ends it took."""
        document = canonical(task)
        possible = self.model.possible(task_id, firsts)
        assert document in possible
        end = possible[document]
        if end is not None:
            self.model.ends[task_id] = end
        has_changed = document != self.documents.get(task_id)
        assert (task["version"] > self.versions.get(task_id, 0)) == has_changed
        self.documents[task_id] = document


# A smaller example of a failure would take longer to find than a test may: each try is several trips to the database.
def test_whatever_arrives_wherever_every_task_is_what_its_events_say(database: Any) -> None:
    with asyncio.Runner() as runner:

        async def connect() -> Replicas:
            return Replicas(database)

        connected = runner.run(connect())

        class OnThisDatabase(TwoReplicas):
            replicas = connected

        OnThisDatabase.runner = runner
        try:
            run_state_machine_as_test(
                OnThisDatabase, settings=settings(max_examples=100, stateful_step_count=8, phases=[Phase.generate])
            )
        finally:
            runner.run(connected.close())
