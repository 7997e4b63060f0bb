"""A real mail server: Dovecot from the system's packages, in a folder of its own and under a user without rights."""

import base64
import contextlib
import ctypes
import grp
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jwt

from tests.support.certificates import Authority
from tests.support.dovecot_settings import files
from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.packages import find_or_install
from tools.stack.ports import free_ports

HOST = "127.0.0.1"
PASSWORD = 'pass "word" \\ with {3} ümlauts'
_USER = "nobody"
_STOP_S = 10
"""After that it is killed, which harms nobody."""


@dataclass(frozen=True)
class MailServer:
    """Where the server is, and whom to trust."""

    port: int
    tls_port: int
    folder: str
    authority: str
    """The authority's certificate, in PEM."""
    token_key: str
    """Signs access tokens (HS256): whoever knows it can log in as anybody."""

    def maildir(self, user: str) -> Path:
        """The folder of a user's messages."""
        return Path(self.folder) / "mail" / user / "Maildir"

    def transcripts(self, user: str) -> list[bytes]:
        """What this user's clients have sent, one connection each; kept if `record` was called before."""
        return [path.read_bytes() for path in sorted(self._transcripts(user).glob("*.in"))]

    def record(self, user: str) -> None:
        """Keep what this user's clients send from now on."""
        folder = self._transcripts(user)
        shutil.rmtree(folder, ignore_errors=True)
        _give(folder)

    def deliver(self, user: str, messages: "list[bytes]", *, folder: str = "") -> None:
        """Put messages into a folder (INBOX, or its name in modified UTF-7 as Maildir++ has it), as a delivery does."""
        target = self.maildir(user) / (f".{folder}" if folder else "")
        for name in ("", "cur", "new", "tmp"):
            _give(target / name)
        start = time.time_ns()
        for number, message in enumerate(messages):
            crlf = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            name = f"{start // 10**9}.M{start % 10**9}N{number:07}.test,S={len(message)},W={len(crlf)}"
            path = target / "tmp" / name
            path.write_bytes(message)
            _own(path)
            path.rename(target / "new" / name)

    @property
    def log(self) -> Path:
        """What the server says of itself."""
        return Path(self.folder) / "dovecot.log"

    def _transcripts(self, user: str) -> Path:
        return Path(self.folder) / "mail" / user / "dovecot.rawlog"


class Dovecot:
    """The server's process. Everybody may log in with the one password, under any name."""

    def __init__(self, report: Callable[[str], None], *, password: str = PASSWORD) -> None:
        self._report = report
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="mailtally-dovecot-"))

    def start(self) -> MailServer:
        """Install it if it is not there, start it, and return once it answers. Raises `StackError` or RuntimeError."""
        find_or_install(lambda: shutil.which("dovecot", path=_path()), ["dovecot-imapd"], self._report)
        self._folder.chmod(0o755)
        authority = Authority(self._folder / "ca")
        port, tls_port = free_ports(2)
        server = MailServer(
            port, tls_port, str(self._folder), authority.certificate.read_text("ascii"), token_key=os.urandom(32).hex()
        )
        self._configure(server, authority)
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self._folder / "dovecot.conf")],
            env={**os.environ, "PATH": _path()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "stderr").open("wb"),
            start_new_session=True,
            preexec_fn=_end_with_parent,
            **_as_user(),
        )
        eventually_sync(partial(self._greets, port))
        return server

    def stop(self) -> None:
        """End it with all its processes, and remove its files."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_S)
            _kill_group(self._process.pid)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _configure(self, server: MailServer, authority: Authority) -> None:
        certificate, key = authority.issue(HOST)
        values = {
            "folder": self._folder,
            "host": HOST,
            "user": _user().pw_name,
            "group": grp.getgrgid(_user().pw_gid).gr_name,
            "certificate": certificate,
            "key": key,
            "port": server.port,
            "tls_port": server.tls_port,
            "password": hashlib.sha256(self._password.encode()).hexdigest(),
        }
        for name, text in files(_path(), values).items():
            (self._folder / name).write_text(text, encoding="utf-8")
        keys = self._folder / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(server.token_key.encode("ascii")))
        for path in (self._folder, *self._folder.rglob("*")):
            _own(path)

    def _greets(self, port: int) -> bool:
        """Whether it serves. Raises RuntimeError if it has ended instead."""
        assert self._process is not None
        if self._process.poll() is not None:
            said = "".join(
                path.read_text("utf-8", "replace")
                for path in (self._folder / "stderr", self._folder / "dovecot.log")
                if path.exists()
            )
            raise RuntimeError(f"Dovecot did not start:\n{said[-2000:]}")
        try:
            with socket.create_connection((HOST, port), timeout=SECONDS) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False


def access_token(server: MailServer, user: str) -> str:
    """A token that the server takes for an hour."""
    now = int(time.time())
    return jwt.encode({"sub": user, "iat": now - 5, "exp": now + 3600}, server.token_key, algorithm="HS256")


def _end_with_parent() -> None:
    """Whoever started it may be killed without a chance to stop it (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def _user() -> pwd.struct_passwd:
    """Who the server runs as: root's mail is refused."""
    return pwd.getpwnam(_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _as_user() -> dict[str, Any]:
    return {"user": _user().pw_uid, "group": _user().pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _own(path: Path) -> None:
    os.chown(path, _user().pw_uid, _user().pw_gid)


def _give(folder: Path) -> None:
    """Make a folder, and its parents, the server's."""
    for missing in [path for path in (*reversed(folder.parents), folder) if not path.exists()]:
        missing.mkdir()
        _own(missing)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
