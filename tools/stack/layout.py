"""The files of a stack, and the marker that identifies its processes."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout, in which services are started."""

MARKER = "MAILTALLY_STACK"
"""Environment variable that every process of a stack carries; its value is the folder of that
stack."""


@dataclass(frozen=True)
class Layout:
    """The files of one stack below its own folder; two stacks share nothing but the programs."""

    local: Path

    @property
    def marker(self) -> str:
        """Return the marker's value: the resolved folder, which no other checkout has."""
        return str(self.local.resolve())

    def environment(self) -> dict[str, str]:
        """Return the environment of the stack's processes: the caller's, with the marker."""
        return {**os.environ, MARKER: self.marker}

    @property
    def stack_file(self) -> Path:
        """Return the path of `stack.json`: addresses and processes while the stack is up."""
        return self.local / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Return the file that the launcher locks while it lives; it holds the process id."""
        return self.local / "stack.lock"

    @property
    def data(self) -> Path:
        """Return the folder of the servers' data."""
        return self.local / "data"

    @property
    def logs(self) -> Path:
        """Return the folder of the logs, one file for each process."""
        return self.local / "logs"

    @property
    def secrets(self) -> Path:
        """Return the folder of passwords and keys, which are made at the first start and belong to
        the data."""
        return self.local / "secrets"

    @property
    def configuration(self) -> Path:
        """Return the folder of the servers' generated configuration."""
        return self.local / "etc"

    def ports_file(self, server: str) -> Path:
        """Return the file that keeps a server's ports from one start to the next."""
        return self.configuration / f"{server}-ports.json"

    def create(self) -> None:
        """Create the folders, readable by their owner only where secrets are."""
        self.local.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        for private in (self.data, self.secrets, self.configuration):
            private.mkdir(mode=0o700, exist_ok=True)


DEFAULT = Layout(PROJECT / ".local")
"""The stack that `./run up` starts."""

PROGRAMS = DEFAULT.local / "opt"
"""Downloaded programs that the machine does not have; shared by all stacks of the checkout."""
