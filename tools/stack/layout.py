"""Where a stack keeps its files, and the marker by which its processes are known."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: services are started in it."""

MARKER = "MAILTALLY_STACK"
"""Environment variable that every process of a stack carries; its value is the folder of that stack."""


@dataclass(frozen=True)
class Layout:
    """The files of one stack below its own folder; two stacks share nothing but the programs."""

    local: Path

    @property
    def marker(self) -> str:
        """The marker's value: the folder, resolved, so that another checkout never has the same."""
        return str(self.local.resolve())

    def environment(self) -> dict[str, str]:
        """What its processes are started with: the caller's environment and the marker."""
        return {**os.environ, MARKER: self.marker}

    @property
    def stack_file(self) -> Path:
        """`stack.json`: addresses and processes while the stack is up."""
        return self.local / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the launcher for as long as it lives; holds its process id."""
        return self.local / "stack.lock"

    @property
    def data(self) -> Path:
        """What the servers store."""
        return self.local / "data"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.local / "logs"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, made at the first start; they belong to the data."""
        return self.local / "secrets"

    @property
    def configuration(self) -> Path:
        """The servers' generated configuration."""
        return self.local / "etc"

    def ports_file(self, server: str) -> Path:
        """Where a server's ports are kept from one start to the next."""
        return self.configuration / f"{server}-ports.json"

    def create(self) -> None:
        """Make the folders, readable for their owner alone where secrets lie."""
        self.local.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        for private in (self.data, self.secrets, self.configuration):
            private.mkdir(mode=0o700, exist_ok=True)


DEFAULT = Layout(PROJECT / ".local")
"""The stack that `./run up` starts."""

PROGRAMS = DEFAULT.local / "opt"
"""Programs that were fetched because the machine has none; shared by all stacks of the checkout."""
