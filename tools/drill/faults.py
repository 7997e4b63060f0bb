"""Injecting the planned faults, and ending them."""

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tools.drill.environment import Environment
from tools.drill.plan import Fault, Kind
from tools.drill.redelivery import UNAVAILABLE_ERRORS, repeat_commands, repeat_events
from tools.drill.signals import uninterrupted

Undo = Callable[[], None]


@dataclass(frozen=True)
class Done:
    """A fault that is over; `ended` in monotonic seconds. `note`: a remark about how it went."""

    fault: Fault
    ended: float
    note: str = ""


class Faults:
    """Injects faults, each in its own thread so that they overlap as planned; ends them when
    closed."""

    def __init__(self, environment: Environment, seed: int) -> None:
        self.done: list[Done] = []
        self._environment = environment
        self._seed = seed
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Do nothing: faults begin one by one."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the faults that have not ended."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def begin(self, fault: Fault) -> None:
        """Begin a fault, which ends by itself."""
        thread = threading.Thread(target=self._run, args=(fault,), daemon=True)
        with uninterrupted():  # a thread that is half started cannot be joined
            thread.start()
            self._threads.append(thread)

    @property
    def over(self) -> bool:
        """Return whether every fault that has begun is over."""
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, fault: Fault) -> None:
        note = ""
        try:
            undo = self._do(fault)
        except UNAVAILABLE_ERRORS as error:
            note = f"not possible: {type(error).__name__}"  # another fault affects its target
        else:
            try:
                self._stopped.wait(fault.seconds)
            finally:
                undo()
        self.done.append(Done(fault, time.monotonic(), note))

    def _do(self, fault: Fault) -> Undo:
        if fault.kind in (Kind.KILL, Kind.FREEZE):
            process = self._environment.process(fault.target)
            process.signal(signal.SIGKILL if fault.kind is Kind.KILL else signal.SIGSTOP)
            return lambda: process.signal(signal.SIGCONT)
        if fault.kind is Kind.REPEAT:
            rng = random.Random(f"{self._seed} {fault.number}")  # noqa: S311 (guards nothing)
            (repeat_events if fault.target == "events" else repeat_commands)(self._environment.stack, rng)
            return lambda: None
        proxy = self._environment.proxies[fault.target]
        (proxy.cut if fault.kind is Kind.CUT else proxy.stall)()
        return proxy.open
