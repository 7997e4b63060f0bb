"""The words of a run document: its states, its units of work, and the policy that its writes follow."""

from dataclasses import dataclass, fields
from typing import Final

from shared.mongo import Document

ANNOUNCED: Final = "announced"
WAITING: Final = "waiting"
PLANNING: Final = "planning"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

ACTIVE_STATES: Final = (PLANNING, RUNNING)
"""States that hold a slot of the user."""
OPEN_STATES: Final = (WAITING, *ACTIVE_STATES)
"""States that hold the account."""
TERMINAL_STATES: Final = (DONE, FAILED, CANCELLED)
"""States that are never left."""

OPEN: Final = "open"
LEASED: Final = "leased"
"""States of a unit; the third is `done`."""


@dataclass(frozen=True)
class Policy:
    """How runs are driven; times in seconds."""

    lease_s: float = 30.0
    max_tries: int = 5
    """Claims of a unit without progress whose holders died or met a bug, after which the unit is suspected."""
    verdict_tries: int = 3
    """The same for a message that is alone in its slice, held by a scanner that does nothing else."""
    max_faults: int = 5
    """Reported faults without progress after which the scan fails."""
    slots: int = 4
    window: int = 4

    @property
    def lease_ms(self) -> int:
        """The lease in the milliseconds that date arithmetic wants."""
        return int(self.lease_s * 1000)


@dataclass(frozen=True)
class Unit:
    """One unit of work of a run: the plan (`slice_number` is None) or a slice."""

    slice_number: int | None = None

    @property
    def path(self) -> str:
        """Where the unit lies in the run document."""
        return "plan" if self.slice_number is None else f"slices.{self.slice_number}"

    @property
    def key(self) -> str:
        """What it is called in a run document and in a command: "plan" or its number."""
        return "plan" if self.slice_number is None else str(self.slice_number)

    @classmethod
    def of_key(cls, key: str) -> "Unit":
        """The unit that is called so."""
        return cls() if key == "plan" else cls(int(key))

    def of(self, run: Document) -> Document | None:
        """The unit's part of a run document that was read; None if it is not there."""
        if self.slice_number is None:
            plan: Document | None = run.get("plan")
            return plan
        found: Document | None = run.get("slices", {}).get(str(self.slice_number))
        return found


PLAN: Final = Unit()


@dataclass(frozen=True)
class Claim:
    """A lease that was taken: everything the holder may rely on. `token` fences each of its writes."""

    run: Document
    unit: Unit
    token: int

    @property
    def task_id(self) -> str:
        """The run's id."""
        task_id: str = self.run["_id"]
        return task_id

    @property
    def content(self) -> Document:
        """The unit as it stood when the lease was taken."""
        content = self.unit.of(self.run)
        if content is None:
            raise LookupError(f"run without its unit {self.unit.path}")
        return content


@dataclass(frozen=True)
class Counters:
    """What a unit has done so far: totals that are set, never added to, so that a redo counts nothing twice."""

    scanned: int = 0
    skipped: int = 0
    failed: int = 0
    invoices: int = 0
    duplicates: int = 0
    bytes_fetched: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        """The sum, counter by counter."""
        return Counters(**{name: getattr(self, name) + getattr(other, name) for name in COUNTER_NAMES})

    def to_document(self) -> Document:
        """The form that the run document keeps."""
        return {name: getattr(self, name) for name in COUNTER_NAMES}

    @property
    def handled(self) -> int:
        """Messages that have their outcome; `failed` ones are among the scanned."""
        return self.scanned + self.skipped


COUNTER_NAMES: Final = tuple(field.name for field in fields(Counters))
