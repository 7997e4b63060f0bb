"""Model of a run document: its states, its units of work, and the policy that its writes follow."""

from dataclasses import dataclass, fields
from typing import Final

from shared.mongo import Document

CANCELLED_BEFORE_REQUEST: Final = "announced"
WAITING: Final = "waiting"
PLANNING: Final = "planning"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

ACTIVE_STATES: Final = (PLANNING, RUNNING)
"""States in which a run has a slot of its user."""
OPEN_STATES: Final = (WAITING, *ACTIVE_STATES)
"""States in which a run has its account."""
TERMINAL_STATES: Final = (DONE, FAILED, CANCELLED)
"""States that a run never leaves."""

OPEN: Final = "open"
LEASED: Final = "leased"
"""States of a unit; the third is `done`."""


@dataclass(frozen=True)
class Policy:
    """Limits that the steps follow; times in seconds."""

    lease_s: float = 30.0
    max_tries: int = 5
    """Leases of a unit without progress whose holders died or met an unexpected error; then it is
    bisected."""
    verdict_tries: int = 3
    """The same for a message that is alone in its slice, held by a scanner that works on nothing
    else."""
    max_faults: int = 5
    """Faults of the mail server without progress after which the scan fails."""
    slots: int = 4
    window: int = 4

    @property
    def lease_ms(self) -> int:
        """Return the length of a lease in milliseconds, as date arithmetic needs it."""
        return int(self.lease_s * 1000)


@dataclass(frozen=True)
class Unit:
    """A unit of work of a run: the plan (`slice_number` is None) or a slice."""

    slice_number: int | None = None

    @property
    def path(self) -> str:
        """Return the path of the unit in the run document."""
        return "plan" if self.slice_number is None else f"slices.{self.slice_number}"

    @property
    def key(self) -> str:
        """Return the unit's name in a run document and in a command: "plan" or its number."""
        return "plan" if self.slice_number is None else str(self.slice_number)

    @classmethod
    def of_key(cls, key: str) -> "Unit":
        """Return the unit with this name."""
        return cls() if key == "plan" else cls(int(key))

    def of(self, run: Document) -> Document | None:
        """Return the unit's part of a run document that was read; None if it is missing."""
        if self.slice_number is None:
            plan: Document | None = run.get("plan")
            return plan
        content: Document | None = run.get("slices", {}).get(str(self.slice_number))
        return content


PLAN: Final = Unit()


@dataclass(frozen=True)
class Claim:
    """A lease that was taken: all that the holder may rely on. `token` fences each of its writes."""

    run: Document
    unit: Unit
    token: int

    @property
    def task_id(self) -> str:
        """Return the run's id."""
        task_id: str = self.run["_id"]
        return task_id

    @property
    def content(self) -> Document:
        """Return the unit as it was when the lease was taken."""
        content = self.unit.of(self.run)
        if content is None:
            raise LookupError(f"run without its unit {self.unit.path}")
        return content


@dataclass(frozen=True)
class Counters:
    """What a unit has done so far: totals that are set, never added to, so that a repetition counts
    nothing twice."""

    scanned: int = 0
    skipped: int = 0
    failed: int = 0
    invoices: int = 0
    duplicates: int = 0
    bytes_fetched: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        """Return the sum, counter by counter."""
        return Counters(**{name: getattr(self, name) + getattr(other, name) for name in COUNTER_NAMES})

    def to_document(self) -> Document:
        """Return the form that the run document keeps."""
        return {name: getattr(self, name) for name in COUNTER_NAMES}

    @property
    def handled(self) -> int:
        """Return the number of messages that have their outcome; `failed` ones are among the
        scanned."""
        return self.scanned + self.skipped


COUNTER_NAMES: Final = tuple(field.name for field in fields(Counters))
