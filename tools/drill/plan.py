"""The plan of a chaos test: a pure function of its options, so that a seed determines
everything."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

REPLICAS = ("api-1", "scanner-1", "scanner-2", "status-1", "status-2")
SERVERS = ("rabbitmq", "mongod")

_PAUSES = (0.5, 3.0)


class Kind(StrEnum):
    """The kinds of faults of a process, or of the connections between a service and a server."""

    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    STALL = "stall"
    REPEAT = "repeat"


@dataclass(frozen=True)
class Fault:
    """One fault; `at` is seconds after the first scan request, `seconds` its length (0: a moment).

        The target is a process ("scanner-2", "mongod"), a service and a server ("status>rabbitmq"),
    or what is delivered again ("events", "commands").
    """

    number: int
    kind: Kind
    target: str
    at: float
    seconds: float


@dataclass(frozen=True)
class Size:
    """The size of a run: faults, users, and scans, rounded up to an equal number for each user."""

    faults: int = 20
    scans: int = 48
    users: int = 6

    @property
    def mailboxes(self) -> int:
        """Return the scans of one user, each of another mailbox."""
        return -(-self.scans // self.users)

    @property
    def all_scans(self) -> int:
        """Return the scans of all users."""
        return self.mailboxes * self.users


@dataclass(frozen=True)
class Step:
    """A user (0 for the first) starts a scan of one of their mailboxes, or cancels it."""

    at: float
    user: int
    mailbox: int
    cancel: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that a chaos test will do."""

    seed: int
    size: Size
    faults: tuple[Fault, ...]
    steps: tuple[Step, ...]

    @property
    def actions(self) -> list[Fault | Step]:
        """Return faults and steps in the order of time."""
        actions: list[Fault | Step] = [*self.faults, *self.steps]
        return sorted(actions, key=lambda action: action.at)


def make_plan(seed: int, size: Size) -> Plan:
    """Return the plan of this seed: each kind of fault on each target once before any is repeated,
    in random order.

        Scans are requested throughout the faults. Only the last of several users cancels some, so
    that the results of the others are predictable.
    """
    rng = random.Random(seed)  # noqa: S311 (to be repeated, not to be guessed)
    faults = _faults(rng, size.faults)
    until = faults[-1].at if faults else 0.0
    steps = list(_steps(rng, size, until))
    return Plan(seed, size, tuple(faults), tuple(sorted(steps, key=lambda step: step.at)))


def _faults(rng: random.Random, number: int) -> list[Fault]:
    at = 0.0
    faults = []
    for index, (kind, target, lengths) in enumerate(islice(_deal_faults(rng), number), start=1):
        at += rng.uniform(*_PAUSES)
        faults.append(Fault(index, kind, target, round(at, 1), rng.choice(lengths)))
    return faults


def _deal_faults(rng: random.Random) -> Iterator[tuple[Kind, str, Sequence[float]]]:
    while True:
        deck = _deck()
        rng.shuffle(deck)
        yield from deck


def _deck() -> list[tuple[Kind, str, Sequence[float]]]:
    """Return all faults. Freezes are shorter and longer than a lease (2 s here) and than two
    heartbeats of the broker (20 s)."""
    processes, lines = (
        (*REPLICAS, *SERVERS),
        [f"{s}>{server}" for s in ("api", "scanner", "status") for server in SERVERS],
    )
    return [
        *((Kind.KILL, target, (0.0,)) for target in processes),
        *((Kind.FREEZE, target, (1.0, 3.0, 6.0)) for target in REPLICAS),
        *((Kind.FREEZE, target, (1.0, 4.0, 12.0)) for target in SERVERS),
        *((Kind.CUT, line, (0.0, 2.0, 5.0)) for line in lines),
        *((Kind.STALL, line, (1.0, 4.0, 12.0)) for line in lines),
        *((Kind.REPEAT, what, (0.0,)) for what in ("events", "commands") * 2),
    ]


def _steps(rng: random.Random, size: Size, until: float) -> Iterator[Step]:
    """Yield the steps: half of the scans are requested at once, the rest until the last fault."""
    every = [(user, mailbox) for mailbox in range(size.mailboxes) for user in range(size.users)]
    for index, (user, mailbox) in enumerate(every):
        share = max(0.0, 2 * index / len(every) - 1)
        start = Step(round(share * until, 1), user, mailbox)
        yield start
        is_cancelled = size.users > 1 and user == size.users - 1 and mailbox % 2 == 1
        if is_cancelled:
            yield Step(round(start.at + rng.uniform(0.0, 3.0), 1), user, mailbox, cancel=True)
