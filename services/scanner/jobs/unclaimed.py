"""Handling of a command whose unit cannot be claimed: publish again, bisect, or do nothing."""

from services.scanner.jobs.completer import UnitCompleter
from services.scanner.jobs.poison_isolation import PoisonIsolator
from services.scanner.jobs.run_lifecycle import RunLifecycle
from services.scanner.runs.model import TERMINAL_STATES, Policy, Unit
from shared.mongo import Document


class UnclaimedUnits:
    """Takes the steps that need no lease, as in docs/scan-runs.md ("Commands without a claim")."""

    def __init__(
        self, lifecycle: RunLifecycle, completer: UnitCompleter, isolator: PoisonIsolator, policy: Policy
    ) -> None:
        self._lifecycle = lifecycle
        self._completer = completer
        self._isolator = isolator
        self._policy = policy

    async def act(self, run: Document, unit: Unit, *, marked: bool) -> None:
        """Do what the state of `run` (as `Leases.read` returns it) asks for, except claim the unit.

        `marked`: the command was redelivered or is a rescue, so that the publishes of a done unit
        may be missing.
        """
        if run["state"] in TERMINAL_STATES:
            if not run["settled"]:
                await self._lifecycle.publish_end(run)
            return
        content = unit.of(run)
        if content is None:
            return
        if content["state"] != "done":
            if run["is_free"] and content["tries"] >= self._policy.max_tries:
                await self._isolator.bisect(run, unit)
        elif marked and not content["flushed"]:
            await self._completer.publish_completion(run, unit, again=True)
