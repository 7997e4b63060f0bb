"""Programs that tests need, from the system's packages."""

import shutil
import sys

from tools.stack.packages import find_or_install


def installed(program: str, *packages: str) -> str:
    """Where a program is; the packages that hold it (else the one of its name) are installed when it is missing.

    Raises `StackError` when it cannot be had: what was not checked does not hold.
    """
    return find_or_install(lambda: shutil.which(program), list(packages) or [program], report)


def report(line: str) -> None:
    """Say what is being installed beside what the test says."""
    print(line, file=sys.stderr)  # noqa: T201
