"""A service with other constants than the product's: `python -m tests.support.hurried MODULE` runs `MODULE.main()`.

For tests that wait out what the product waits for: they shorten it, and look at what follows from it.
"""

import datetime as dt
import json
import os
import sys
from collections.abc import Mapping
from importlib import import_module

_VARIABLE = "MAILTALLY_TEST_CONSTANTS"


def command(module: str) -> tuple[str, ...]:
    """What starts the service whose `main` is in `module`."""
    return (sys.executable, "-m", __name__, module)


def environment(constants: Mapping[str, float]) -> dict[str, str]:
    """The variable that tells it the constants, each by its whole name; seconds for a `timedelta`."""
    return {_VARIABLE: json.dumps(dict(constants))}


def _change(name: str, value: float) -> None:
    module, _, constant = name.rpartition(".")
    owner = import_module(module)
    kept = getattr(owner, constant)  # there is no such thing as a new one
    setattr(owner, constant, dt.timedelta(seconds=value) if isinstance(kept, dt.timedelta) else type(kept)(value))


if __name__ == "__main__":
    for told in json.loads(os.environ[_VARIABLE]).items():
        _change(*told)
    import_module(sys.argv[1]).main()
