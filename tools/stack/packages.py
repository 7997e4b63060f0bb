"""Installing missing programs with the system's package manager, without starting their
services."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tools.stack.errors import StackError

_POLICY = Path("/usr/sbin/policy-rc.d")
_POLICY_TEXT = "#!/bin/sh\nexit 101\n"
_LOCKED = Path("/usr")
"""A folder that exists on every system."""


Found = TypeVar("Found")


def find_or_install(find: Callable[[], Found | None], packages: list[str], report: Callable[[str], None]) -> Found:
    """Return what `find` finds, after installing the packages if it finds nothing at first.

    Raises `StackError` as `apt_install` does, and when nothing is found even then.
    """
    # A program is unpacked before its dependencies, so do not look while another process installs.
    with _lock(fcntl.LOCK_SH):
        found = find()
    if found is None:
        apt_install(packages, report)
        found = find()
    if found is None:
        raise StackError(f"{' '.join(packages)} was installed, but its program cannot be found.")
    return found


def apt_install(packages: list[str], report: Callable[[str], None]) -> None:
    """Install Debian packages, as root or through `sudo -n`.

        Raises `StackError` with a sentence that says what to install when this user or system
    cannot.
    """
    names = " ".join(packages)
    prefix = _privileged()
    if shutil.which("apt-get") is None or prefix is None:
        raise StackError(
            f"Please install {names} with your system's package manager (needed on this machine: {names})."
        )
    report(f"installing {names} (apt-get)")
    with _lock(fcntl.LOCK_EX), _services_not_started(prefix):
        if _apt(prefix, "install", *packages) is None:
            return
        _apt(prefix, "update")
        failure = _apt(prefix, "install", *packages)
    if failure is not None:
        raise StackError(f"apt-get could not install {names}:\n{failure}")


def _privileged() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def _apt(prefix: list[str], verb: str, *packages: str) -> str | None:
    """Run apt-get and return the end of its output if it fails."""
    command = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-qq",
        "-y",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]
    options = ["--no-install-recommends"] if verb == "install" else []
    done = subprocess.run([*command, verb, *options, *packages], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stdout + done.stderr)[-1000:]


@contextmanager
def _lock(kind: int) -> Iterator[None]:
    """Allow one installation at a time among all checkouts, so that none removes another one's
    policy too early."""
    descriptor = os.open(_LOCKED, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _services_not_started(prefix: list[str]) -> Iterator[None]:
    """Forbid packages to start services, the way Debian provides; an existing policy stays."""
    if _POLICY.exists():
        yield
        return
    write = 'printf "%s" "$1" > "$2" && chmod 755 "$2"'
    subprocess.run([*prefix, "sh", "-c", write, "sh", _POLICY_TEXT, str(_POLICY)], check=True)
    try:
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(_POLICY)], check=True)
