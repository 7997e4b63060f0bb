"""The samples of the source as it is, made once for all workers of a session: making them takes seconds."""

import fcntl
from pathlib import Path

from samples import make
from tests.support.servers import session_folder


def session_samples() -> Path:
    """The folder with them; nobody changes what is in it."""
    folder = session_folder() / "samples"
    with (session_folder() / "samples.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make(folder)
    return folder
