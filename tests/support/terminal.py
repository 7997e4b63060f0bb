"""A program in a terminal of its own, as a person would see and use it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from tests.support.waiting import SECONDS

ENVIRONMENT = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "COLUMNS": ""}
"""That of a person with an ordinary terminal."""

_TOLD = 400
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs a program on a pseudo-terminal and collects what it shows."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        columns: int = 100,
        patience_s: float = SECONDS,
    ) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(follower)
        self._patience_s = patience_s
        self._raw = b""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._leader)

    @property
    def shown(self) -> str:
        """All that was written so far, redrawn lines included."""
        return self._raw.decode("utf-8", "replace")

    @property
    def lines(self) -> list[str]:
        """The same without control codes, split where the cursor went back or down."""
        return [line for line in re.split(r"[\r\n]+", _CONTROL.sub("", self.shown)) if line.strip()]

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._leader, keys)

    def wait_for(self, text: str) -> None:
        """Return when the text has been shown after the one that was waited for before."""
        deadline = time.monotonic() + self._patience_s
        while (start := self.shown.find(text, self._seen)) < 0:
            assert self._read(deadline), f"{text!r} was not shown, but {self.shown[-_TOLD:]!r}"
        self._seen = start + len(text)

    def wait(self) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + self._patience_s
        while self._read(deadline):
            pass
        return self._process.wait(self._patience_s)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"nothing more was shown in time after {self.shown[-_TOLD:]!r}"
        try:
            chunk = os.read(self._leader, 65_536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self._raw += chunk
        return bool(chunk)


def _take_terminal() -> None:
    """What a login shell gives its commands: without it Ctrl-C would reach nobody, or would be ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    heed_ctrl_c()


def heed_ctrl_c() -> None:
    """For a new process: whoever runs the tests may ignore the signal, as shells do for what runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
