"""Batches of events, and what became of each event in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.status.fold import FoldResult, IgnoredReason
from services.status.merge_rules import TaskDocument
from shared.events import Event

Batch = Mapping[str, Sequence[Event[Any]]]
"""Task id -> its events, in the order of their arrival."""


@dataclass(frozen=True, slots=True)
class CommittedChange:
    """A committed change of one task.

    `before` is None for a new task. `ignored` holds for each event why it changed nothing (None: it
    did). Another replica that received the same events may report the change as well.
    """

    before: TaskDocument | None
    after: TaskDocument
    events: Sequence[Event[Any]]
    ignored: Sequence[IgnoredReason | None]


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that cannot be stored, and why, in words that do not quote it."""

    event: Event[Any]
    reason: str


@dataclass(slots=True)
class BatchOutcome:
    """What became of a batch: each event is part of a commit, without effect, or refused."""

    committed: list[CommittedChange] = field(default_factory=list)
    without_effect: list[IgnoredReason] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)

    def extend(self, other: "BatchOutcome") -> None:
        """Add the outcome of a part of the batch."""
        self.committed += other.committed
        self.without_effect += other.without_effect
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change of one task that is not committed yet, folded over the stored document or a guess at
    it."""

    events: Sequence[Event[Any]]
    before: TaskDocument | None
    folded: FoldResult

    def committed(self, after: TaskDocument) -> CommittedChange:
        """Return the change as committed with the document `after`."""
        return CommittedChange(self.before, after, self.events, self.folded.ignored)
