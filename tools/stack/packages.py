"""Installing what is missing with the system's package manager, without starting a service of the machine."""

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
"""A folder that every system has."""


Found = TypeVar("Found")


def find_or_install(find: Callable[[], Found | None], packages: list[str], report: Callable[[str], None]) -> Found:
    """What `find` finds, after the packages were installed if it found nothing at first.

    Raises `StackError` as `apt_install` does, and when there is nothing even then.
    """
    # A program that is being unpacked is there before what it needs: no look while another process installs.
    with _lock(fcntl.LOCK_SH):
        found = find()
    if found is None:
        apt_install(packages, report)
        found = find()
    if found is None:
        raise StackError(f"{' '.join(packages)} was installed, but what it should bring cannot be found.")
    return found


def apt_install(packages: list[str], report: Callable[[str], None]) -> None:
    """Install Debian packages, as root or through `sudo -n`.

    Raises `StackError` with a sentence that says what to install when this user or this system cannot.
    """
    names = " ".join(packages)
    prefix = _privileged()
    if shutil.which("apt-get") is None or prefix is None:
        raise StackError(
            f"Please install {names} with your system's package manager (needed on this machine: {names})."
        )
    report(f"installing {names} (apt-get)")
    with _lock(fcntl.LOCK_EX), _services_stay_down(prefix):
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
    """Run apt-get; the end of its output when it fails."""
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
    """One installs at a time, among all checkouts, so that none takes the other's policy away while it still does."""
    descriptor = os.open(_LOCKED, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _services_stay_down(prefix: list[str]) -> Iterator[None]:
    """Debian's way to forbid packages to start services; a policy that is already there is left as it is."""
    if _POLICY.exists():
        yield
        return
    write = 'printf "%s" "$1" > "$2" && chmod 755 "$2"'
    subprocess.run([*prefix, "sh", "-c", write, "sh", _POLICY_TEXT, str(_POLICY)], check=True)
    try:
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(_POLICY)], check=True)
