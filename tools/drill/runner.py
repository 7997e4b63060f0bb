"""The phases of a chaos test: undisturbed scans, scans under faults, recovery, second scans,
checks."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import httpx
from pymongo.errors import PyMongoError

from cli.errors import CliError
from tools.drill.checks import invoices_and_ledger, leftovers, logs, permissions, rebuild, task_states
from tools.drill.checks.result import CheckResult
from tools.drill.display import Display
from tools.drill.environment import REPLICAS, Environment
from tools.drill.faults import Done, Faults
from tools.drill.health import Health
from tools.drill.load_generator import LoadGenerator
from tools.drill.observer import Observer
from tools.drill.plan import Fault, Plan
from tools.drill.server_state import ServerState

_UNDISTURBED = "undisturbed"
_RECOVERY_SECONDS = 180.0
_POLL_SECONDS = 0.5
_SHOWN = 3


@dataclass(frozen=True)
class Result:
    """The result of a chaos test. `faults`: each with the seconds from its end until everything was
    ready again. `recovered_after`: seconds from the end of the last one until every scan had ended
    and nothing was left to do."""

    plan: Plan
    checks: Sequence[CheckResult]
    faults: Sequence[tuple[Done, float | None]]
    recovered_after: float | None

    @property
    def holds(self) -> bool:
        """Return whether every invariant holds."""
        return all(check.holds for check in self.checks)


class ChaosTest:
    """One chaos test in a running environment."""

    def __init__(self, environment: Environment, plan: Plan, mailboxes: Sequence[bytes], display: Display) -> None:
        names = [_UNDISTURBED, *(f"user-{number}" for number in range(1, plan.size.users + 1))]
        self._environment = environment
        self._plan = plan
        self._mailboxes = mailboxes
        self._display = display
        self._server_state = ServerState(environment.stack)
        self._load = LoadGenerator(environment.connection, names, mailboxes)
        self._observer = Observer(environment.stack.mongo_url, environment.connection, names)
        self._health = Health(environment.replica_urls)

    def run(self) -> Result:
        """Run all phases. Raises `CliError` when the test cannot go on."""
        with ExitStack() as parts:
            parts.enter_context(closing(self._server_state))
            parts.enter_context(self._health)
            parts.enter_context(self._load)
            with self._observer:
                self._scan_undisturbed()
                done = self._inject_faults()
                last = max((fault.ended for fault in done), default=time.monotonic())
                recovered = self._wait("Waiting for everything to recover")
                second = self._scan_again()
            self._display.phase("Checking what must hold")
            return Result(
                self._plan,
                [*self._checks(), second],
                [(fault, self._health.ready_after(fault.ended)) for fault in done],
                None if recovered is None else max(0.0, recovered - last),
            )

    def _scan_undisturbed(self) -> None:
        for mailbox in range(len(self._mailboxes)):
            self._load.scan(0, mailbox)
        if self._wait(f"One user scans {len(self._mailboxes)} mailboxes undisturbed") is None:
            raise CliError("The undisturbed scans did not end, so the chaos test cannot begin.")

    def _inject_faults(self) -> list[Done]:
        plan = self._plan
        self._display.phase(
            f"{plan.size.users} users start {plan.size.all_scans} scans under {len(plan.faults)} faults"
        )
        began = time.monotonic()
        with Faults(self._environment, plan.seed) as faults:
            for action in plan.actions:
                while (left := began + action.at - time.monotonic()) > 0:
                    self._update_display()
                    time.sleep(min(left, _POLL_SECONDS))
                if isinstance(action, Fault):
                    self._display.fault(action)
                    faults.begin(action)
                elif action.cancel:
                    self._load.cancel(action.user + 1, action.mailbox)
                else:
                    self._load.scan(action.user + 1, action.mailbox)
            while not faults.over:
                self._update_display()
                time.sleep(_POLL_SECONDS)
        return sorted(faults.done, key=lambda done: done.fault.number)

    def _scan_again(self) -> CheckResult:
        """Scan every mailbox a second time. Mailboxes with cancelled scans are scanned to their end
        and not compared."""
        steady = [user for user in self._load.users if not user.cancelled]
        before = self._server_state.counts(steady)
        for number, user in enumerate(self._load.users):
            for mailbox in sorted(user.tasks):
                self._load.scan(number, mailbox)
        self._wait("Every mailbox is scanned a second time")
        tasks = self._server_state.tasks()
        second = [tasks[ids[-1]] for user in steady for ids in user.tasks.values() if ids[-1] in tasks]
        return invoices_and_ledger.nothing_added(before, self._server_state.counts(steady), second)

    def _checks(self) -> Iterator[CheckResult]:
        users, server_state = self._load.users, self._server_state
        tasks, queues, found = server_state.tasks(), server_state.queues(), server_state.user_records(users)
        undisturbed, *disturbed = found.values()
        yield task_states.all_ended(server_state.accepted(), tasks)
        yield task_states.none_failed(tasks)
        yield task_states.cancelled_by_wish(tasks, [task_id for user in users for task_id in user.cancelled])
        yield task_states.one_end_each(tasks, server_state.stream())
        yield task_states.ends_are_final(self._observer.all)
        yield task_states.progress_never_falls(self._observer.all)
        yield rebuild.rebuild_agrees(self._environment.layout)
        yield invoices_and_ledger.same_invoices(undisturbed, disturbed)
        yield invoices_and_ledger.same_ledger(undisturbed, disturbed)
        yield invoices_and_ledger.found_once([found[user.name] for user in users if not user.cancelled])
        yield leftovers.nothing_held(server_state.database)
        yield leftovers.nothing_waits(queues)
        yield leftovers.no_dead_letters(queues)
        yield leftovers.consumers_are_back(queues, REPLICAS)
        yield permissions.only_status_writes(self._environment.stack.users)
        yield logs.nothing_secret(self._environment.layout, self._mailboxes)
        yield CheckResult(
            "The API refused no request",
            f"{sum(user.requests for user in users)} requests, {sum(user.repeated for user in users)} repeated",
            [sentence for user in users for sentence in user.refused],
        )

    def _wait(self, phase: str) -> float | None:
        """Wait until nothing is left to do; returns the moment in monotonic seconds, or None on
        time-out."""
        self._display.phase(phase)
        deadline = time.monotonic() + _RECOVERY_SECONDS
        while (now := time.monotonic()) < deadline:
            self._update_display()
            left = self._left_to_do()
            if not left:
                return now
            time.sleep(_POLL_SECONDS)
        self._display.phase(f"After {_RECOVERY_SECONDS:.0f} s still busy: {'; '.join(left[:_SHOWN])}")
        return None

    def _left_to_do(self) -> list[str]:
        """Return what keeps the system busy."""
        if not self._load.wait(0):
            return ["requests are unanswered"]
        if self._health.unready:
            return [f"not ready: {name}" for name in self._health.unready]
        server_state = self._server_state
        try:
            queues = server_state.queues()
            checks = (
                task_states.all_ended(server_state.accepted(), server_state.tasks()),
                leftovers.nothing_held(server_state.database),
                leftovers.nothing_waits(queues),
                leftovers.consumers_are_back(queues, REPLICAS),
            )
        except (PyMongoError, httpx.HTTPError) as error:
            return [f"a server does not answer ({type(error).__name__})"]
        return [f"{check.invariant}: {case}" for check in checks for case in check.broken]

    def _update_display(self) -> None:
        self._display.update(self._observer.commits.states, self._health.unready)
