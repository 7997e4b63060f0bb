"""Checks of the stack's files on this machine: disk, secrets, and their permissions."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from cli.doctor.connections import ServerConnections
from cli.doctor.result import Finding, ok, problem
from shared.formatting import count, size
from tools.stack.errors import StackError
from tools.stack.layout import Layout
from tools.stack.secrets import public_key

_LITTLE_BYTES = 2 * 10**9
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_disk(servers: ServerConnections) -> Iterator[Finding]:
    """Check the free disk space for the stack's data."""
    folder = _layout(servers).local
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_BYTES:
        yield problem(f"Only {size(free)} of disk are free for {folder}.", "free disk space")
    else:
        yield ok(f"{size(free)} of disk are free for {folder}")


def check_secrets(servers: ServerConnections) -> Iterator[Finding]:
    """Check that only the owner may read passwords and keys."""
    layout = _layout(servers)
    files = [layout.stack_file, *sorted(path for path in layout.secrets.rglob("*") if path.is_file())]
    open_to_others = [path for path in files if path.exists() and path.stat().st_mode & _OTHERS]
    for path in open_to_others:
        yield problem(f"Other users of this machine may read {path}.", f"run chmod 600 {path}")
    if not open_to_others:
        yield ok(f"{count(len(files), 'file')} with secrets, readable by the owner only")


def check_seal_keys(servers: ServerConnections) -> Iterator[Finding]:
    """Check the key pair: without the private key no stored login of a mailbox can be opened."""
    folder = _layout(servers).secrets
    private, public = folder / "seal-private-key", folder / "seal-public-key"
    missing = [path for path in (private, public) if not path.is_file()]
    if missing:
        yield problem(
            f"The key {missing[0]} is missing.",
            "restore it from a backup; without one, run ./run down and ./run up, and enter all mailbox logins again",
        )
        return
    yield _pair(private, public)


def _pair(private: Path, public: Path) -> Finding:
    try:
        newest = public_key(private.read_text(encoding="utf-8"))
    except StackError:
        return problem(f"{private} contains no key.", "restore it from a backup")
    if newest != public.read_text(encoding="utf-8"):
        return problem(f"{public} does not match {private}.", "run ./run down, then ./run up: it is created again")
    return ok("The keys that encrypt the logins of mailboxes match")


def _layout(servers: ServerConnections) -> Layout:
    if servers.target.layout is None:
        raise LookupError("no stack of this machine")
    return servers.target.layout
