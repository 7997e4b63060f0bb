"""What becomes of a batch of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.status.fold import Folded, Ignored
from services.status.merge_rules import TaskDocument
from shared.events import Event

Batch = Mapping[str, Sequence[Event[Any]]]
"""Task id -> its events, in the order of their arrival."""


@dataclass(frozen=True, slots=True)
class Written:
    """A committed change of one task: its documents before (None: there was none) and after, and for each event why
    it changed nothing (None: it did). Another replica that held the same events may report the change as well."""

    before: TaskDocument | None
    after: TaskDocument
    events: Sequence[Event[Any]]
    ignored: Sequence[Ignored | None]


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that cannot be stored, and why, in words that do not quote it."""

    event: Event[Any]
    reason: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch. Each event is in one of the three: part of a commit, without effect, or refused."""

    written: list[Written] = field(default_factory=list)
    without_effect: list[Ignored] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take over what became of a part."""
        self.written += other.written
        self.without_effect += other.without_effect
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class Attempt:
    """One task's change, as folded over the document that is stored or taken for stored."""

    events: Sequence[Event[Any]]
    before: TaskDocument | None
    folded: Folded

    def written(self, after: TaskDocument) -> Written:
        """The change, once it is committed."""
        return Written(self.before, after, self.events, self.folded.ignored)
