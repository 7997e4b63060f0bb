"""Node.js packages for the tests that need them, installed by npm into a folder that is thrown away."""

import shutil
import subprocess
from pathlib import Path

from tests.support.installed import installed

KIT = Path(__file__).parents[2] / "docs" / "consumers" / "node"
_ASYNCAPI_SCHEMAS = "@asyncapi/specs@6.11.1"
_SECONDS = 300


def node() -> str:
    """Where Node.js is, installed when missing. Raises `StackError` when it cannot be had."""
    return installed("node", "nodejs")


def install(folder: Path) -> Path:
    """The consumer kit's locked packages and AsyncAPI's own JSON Schemas; returns `node_modules`.

    Raises when npm cannot install: a contract that was not checked does not hold.
    """
    npm = installed("npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(KIT / name, folder)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts")
    for command in ((npm, "ci", *quiet), (npm, "install", "--no-save", *quiet, _ASYNCAPI_SCHEMAS)):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return folder / "node_modules"
